#!/usr/bin/env bash
# Installs what the tests need from the package registries, builds, runs the tests and ends with "N passed, N failed".
# Most tests of single faults are left out, for a hundred of all kinds come at once; DISBACK_LONG=1 runs them all.
# Extra arguments go to the test runner, for example: bash tests/run.sh -class '*Oracle*'
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# The cluster tests start real servers, cut real networks and watch them, those of the dashboard start a real browser, and a silo gets a driver to load.
missing=()
for tool in redis-server:redis-server ip:iproute2 nft:nftables chromium:chromium prometheus:prometheus prometheus-alertmanager:prometheus-alertmanager gcc:gcc; do
  PATH=$PATH:/usr/sbin:/sbin command -v "${tool%%:*}" >/dev/null || missing+=("${tool#*:}")
done
if [ ${#missing[@]} -gt 0 ]; then
  root=$([ "$(id -u)" -eq 0 ] || echo "sudo -n")
  # Debian starts a server that it installs; the tests start their own. The lists may be old or absent: then once more with new ones.
  install() { $root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null 2>&1; }
  install || { $root apt-get update -qq >/dev/null 2>&1; install; } || {
    echo "The tests need ${missing[*]}, and 'apt-get install ${missing[*]}' failed; install them, as root, and run this again." >&2
    exit 1
  }
fi

npm ci --prefix tests/azurite --no-audit --no-fund --loglevel=error || exit 1
dotnet build DisBack.sln -c Release -nologo -v quiet || exit 1

# A project that takes so long hangs; interrupted it fails the test that it is in, which was named when it had run for four minutes.
[ "${DISBACK_LONG:-}" = 1 ] && limit=3h || limit=25m

whole=$#
[ "${DISBACK_LONG:-}" = 1 ] || set -- -trait- Length=Long "$@"

# Runs the tests of a project; what they say goes to its log as well, how they ended beside it.
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
suite() {
  local name=$1
  shift
  # In the background a shell ignores SIGINT, which is what ends them in time or by hand.
  env --default-signal=INT timeout --foreground --signal=INT --kill-after=1m "$limit" \
    dotnet "tests/$name/bin/Release/net10.0/$name.dll" -noColor -noLogo -diagnostics -longRunning 240 "$@" 2>&1 | tee "$logs/$name"
  echo "${PIPESTATUS[0]}" >"$logs/$name.status"
}

failures=$logs/failures
: >"$failures"
passed=0 failed=0 skipped_in_all=0
for project in tests/*.Tests; do
  name=$(basename "$project")
  # Distillation's tests compute on one thread for minutes and watch no clock: at the lowest priority they take what those of clusters leave, which mostly wait.
  if [ "$name" = DisBack.Cluster.Tests ]; then
    (renice -n 19 "$BASHPID"; suite DisBack.Distillation.Tests "$@") >/dev/null 2>&1 &
    beside=$!
  fi
  if [ "$name" = DisBack.Distillation.Tests ]; then
    wait "$beside"
    cat "$logs/$name"
  else
    suite "$name" "$@"
  fi
  log=$logs/$name
  status=$(cat "$log.status")
  # "   NAME  Total: 29, Errors: 0, Failed: 2, Skipped: 0, Not Run: 0, Time: 19.411s"
  read -r total errors fails skipped notrun < <(sed -nE 's/.*Total: ([0-9]+), Errors: ([0-9]+), Failed: ([0-9]+), Skipped: ([0-9]+), Not Run: ([0-9]+).*/\1 \2 \3 \4 \5/p' "$log" | tail -n 1)
  bad=$((${errors:-0} + ${fails:-0}))
  passed=$((passed + ${total:-0} - ${fails:-0} - ${skipped:-0} - ${notrun:-0}))
  failed=$((failed + bad))
  skipped_in_all=$((skipped_in_all + ${skipped:-0}))
  if [ "$status" -ne 0 ] && [ "$bad" -eq 0 ] && [ "${total:-0}" -gt 0 -o -z "${total:-}" ]; then
    echo "$name ended with exit code $status and no failed test: its runner died"
    failed=$((failed + 1))
    { echo "    $name ended with exit code $status"; grep -iE 'long.running' "$log" | tail -n 8; } >>"$failures"
  fi
  # Whoever reads the end of a long log sees what failed; the rest of a message is where the test ran.
  awk '/\[FAIL\]$/ { lines = 20 } !/^    / { lines = 0 } lines-- > 0' "$log" >>"$failures"
  unset total errors fails skipped notrun
done

# Changed inputs for every reader; not where arguments choose among the tests. DISBACK_FUZZ says how many.
if [ "$whole" -eq 0 ]; then
  if dotnet tests/DisBack.Fuzz/bin/Release/net10.0/DisBack.Fuzz.dll --inputs "${DISBACK_FUZZ:-10000}"; then
    passed=$((passed + 1))
  else
    echo "DisBack.Fuzz [FAIL]"
    failed=$((failed + 1))
    echo "    DisBack.Fuzz: a reader did with an input what none may" >>"$failures"
  fi
fi

if [ -s "$failures" ]; then
  echo "What failed:"
  cat "$failures"
fi
[ "$skipped_in_all" -eq 0 ] || echo "$skipped_in_all skipped: what this machine lacks, a GPU or network namespaces for example, is said where they are."
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
