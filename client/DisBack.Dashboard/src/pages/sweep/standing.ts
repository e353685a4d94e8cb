import type { RunStatus, SweepTrial } from '../../api/types';
import { isSettled } from '../../api/types';
import { finite } from '../../charts/dimensions';
import type { Budget, Goal } from './plan';

// Where a search stands, as its trials tell.

export type TrialState = RunStatus | 'pruned' | 'deleted';

/** The states in the order in which they are counted and drawn: what has ended before what goes on, and what waits last. */
export const trialStates: readonly TrialState[] = [
  'completed',
  'pruned',
  'failed',
  'cancelled',
  'deleted',
  'running',
  'starting',
  'recording',
  'queued',
  'pending',
  'paused',
];

export const stateOf = (trial: SweepTrial): TrialState => (trial.deleted ? 'deleted' : trial.pruned ? 'pruned' : trial.status);

/** How many trials are in each state that any is in. */
export function countStates(trials: readonly SweepTrial[]): [TrialState, number][] {
  const counts = new Map<TrialState, number>();
  for (const trial of trials) {
    counts.set(stateOf(trial), (counts.get(stateOf(trial)) ?? 0) + 1);
  }
  return trialStates.flatMap(state => (counts.has(state) ? [[state, counts.get(state)!]] : []));
}

/** The value that counts; null unless the trial is complete and has measured a number. */
export const valueOf = (trial: SweepTrial): number | null => (trial.deleted || trial.pruned ? null : finite(trial.value));

/** Trials that have a value, the best first. */
export function ranked(trials: readonly SweepTrial[], goal: Goal): SweepTrial[] {
  const sign = goal === 'minimize' ? 1 : -1;
  return trials.filter(trial => valueOf(trial) !== null).sort((a, b) => sign * (valueOf(a)! - valueOf(b)!) || a.ordinal - b.ordinal);
}

/** Whether nothing happens to the search without a new command. */
export function hasSettled(trials: readonly SweepTrial[], sweep: { intent: string; trial_count: number }, stops: boolean): boolean {
  return trials.every(trial => isSettled(trial.status) && (!stops || trial.measured)) && (sweep.intent !== 'run' || trials.length >= sweep.trial_count);
}

export type Place = { trial: SweepTrial; x: number; y: number };

/** What the best so far is laid over: the numbers of the trials, or the time in slots that was used when each had ended. */
export type Over = 'trials' | 'device-seconds';

/** Each value where it was there, and the best of all up to there, in steps. */
export function bestSoFar(trials: readonly SweepTrial[], goal: Goal, over: Over): { places: Place[]; best: [x: number, y: number][] } {
  const sign = goal === 'minimize' ? 1 : -1;
  // Trials that have no value use time as well.
  const ended = over === 'trials' ? trials : trials.filter(trial => isSettled(trial.status)).sort((a, b) => a.updated.localeCompare(b.updated));
  const places: Place[] = [];
  const best: [number, number][] = [];
  let seconds = 0;
  let x = 0;
  for (const trial of ended) {
    seconds += finite(trial.seconds) ?? 0;
    x = over === 'trials' ? trial.ordinal : seconds;
    const y = valueOf(trial);
    if (y !== null) {
      places.push({ trial, x, y });
      if (best.length === 0 || sign * y < sign * best.at(-1)![1]) {
        best.push([x, y]);
      }
    }
  }
  if (best.length > 0 && x > best.at(-1)![0]) {
    best.push([x, best.at(-1)![1]]);
  }
  return { places, best };
}

export type BudgetUse = { kind: keyof Budget; used: number; limit: number };

/**
 * How much of each limit is used. Steps and images count as specs say, of a trial that was stopped early up to there; seconds are measured.
 */
export function budgetUse(trials: readonly SweepTrial[], budget: Budget, wallSeconds: number): BudgetUse[] {
  const trained = (part: 'steps' | 'images') =>
    trials.reduce((sum, { cost, pruned, pruned_at }) => {
      const share = cost && pruned && cost.steps > 0 ? Math.min(pruned_at, cost.steps) / cost.steps : 1;
      return sum + (cost ? cost[part] * share : 0);
    }, 0);
  const used: Record<keyof Budget, () => number> = {
    steps: () => trained('steps'),
    images: () => trained('images'),
    device_seconds: () => deviceSeconds(trials),
    wall_seconds: () => wallSeconds,
  };
  return (Object.keys(used) as (keyof Budget)[]).flatMap(kind => (budget[kind] === undefined ? [] : [{ kind, used: used[kind](), limit: budget[kind] }]));
}

/** Seconds that the attempts of the trials have had slots, once for each slot. */
export const deviceSeconds = (trials: readonly SweepTrial[]): number => trials.reduce((sum, trial) => sum + (finite(trial.seconds) ?? 0), 0);
