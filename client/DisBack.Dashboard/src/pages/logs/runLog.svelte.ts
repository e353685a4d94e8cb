import { get } from '../../api/client';
import { pathOf, type RunKind } from '../../api/paths';
import { Resource } from '../../api/resource.svelte';
import type { LogLine, LogPage } from '../../api/types';

const page = 1_000;

interface Read {
  lines: readonly LogLine[];
  end: string | null;
  damage: readonly string[];
  /** Whether there is more than is kept. */
  more: boolean;
}

const nothing: Read = { lines: [], end: null, damage: [], more: false };

/** The log of a run, or of one of its attempts, as far as it was read; only what is new is asked for. */
export class RunLog {
  /** An attempt has at most two thousand lines; of more attempts than these somebody chooses one. */
  static readonly most = 20_000;

  readonly read = new Resource<Read>();

  constructor(
    readonly kind: RunKind,
    readonly key: string,
    readonly attempt: string,
  ) {}

  /** Reads what there is beyond what was read before. */
  renew(): Promise<void> {
    return this.read.load(async signal => {
      const before = this.read.value ?? nothing;
      const lines = [...before.lines];
      const damage = new Set(before.damage);
      let { end } = before;
      let more = false;
      do {
        const next = await get<LogPage>(`${pathOf(this.kind, this.key)}/logs`, { attempt: this.attempt, after: end, limit: page }, signal);
        lines.push(...next.lines);
        next.damage.forEach(sentence => damage.add(sentence));
        ({ end, more } = next);
      } while (more && lines.length < RunLog.most);
      return { lines: lines.length === before.lines.length ? before.lines : lines, end, damage: [...damage], more };
    });
  }
}
