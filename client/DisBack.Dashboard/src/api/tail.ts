import type { RunUpdate, ThinnedCurve } from './types';

// The curves that are stored reach up to the last checkpoint. What a run has measured since then comes with its updates: of each metric the newest value.

/** A value with the step that it was measured at. */
export type Point = readonly [step: number, value: number];

/** The newest measurements of a run, by metric. */
export type Tail = ReadonlyMap<string, readonly Point[]>;

export const noTail: Tail = new Map();

/** Points of one metric; of older ones every other is dropped. */
const mostPoints = 1_000;

/** A tail with what an update tells; the same one if that is nothing new. */
export function grown(tail: Tail, { status, progress }: RunUpdate): Tail {
  // While a run waits for its trajectory, its updates tell of stage 1.
  if (status !== 'running') {
    return tail;
  }
  const next = new Map(tail);
  let isNew = false;
  for (const [metric, { step, value }] of Object.entries(progress.metrics)) {
    const points = tail.get(metric) ?? [];
    const last = points.at(-1);
    if (typeof value === 'number' && (last?.[0] !== step || last[1] !== value)) {
      isNew = true;
      // An attempt that has resumed from a checkpoint makes steps once more.
      next.set(metric, thinned([...points.filter(([before]) => before < step), [step, value]]));
    }
  }
  return isNew ? next : tail;
}

/** The points of a metric after a step. */
export const pointsAfter = (tail: Tail, metric: string, step: number): readonly Point[] => (tail.get(metric) ?? []).filter(([at]) => at > step);

/** Curves over steps with the tails of their runs, and curves of metrics that have only a tail. */
export function withTails(curves: readonly ThinnedCurve[], tails: ReadonlyMap<string, Tail>, metrics: readonly string[]): ThinnedCurve[] {
  const stored = new Set(curves.map(({ run, metric }) => `${run} ${metric}`));
  const fresh = [...tails].flatMap(([run, tail]) =>
    metrics.filter(metric => !stored.has(`${run} ${metric}`) && tail.has(metric)).map(metric => begun(run, metric)),
  );
  return [...curves, ...fresh].map(curve => {
    const points = pointsAfter(tails.get(curve.run) ?? noTail, curve.metric, curve.to.at(-1) ?? -Infinity);
    return points.length === 0 ? curve : extended(curve, points);
  });
}

const begun = (run: string, metric: string): ThinnedCurve => ({
  run,
  metric,
  measured: 0,
  not_finite: 0,
  first: NaN,
  last: NaN,
  from: [],
  to: [],
  low: [],
  mean: [],
  high: [],
});

function extended(curve: ThinnedCurve, points: readonly Point[]): ThinnedCurve {
  const steps = points.map(([step]) => step);
  const values = points.map(([, value]) => value);
  return {
    ...curve,
    measured: curve.measured + points.length,
    first: curve.measured > 0 ? curve.first : values[0]!,
    last: values.at(-1)!,
    from: [...curve.from, ...steps],
    to: [...curve.to, ...steps],
    low: [...curve.low, ...values],
    mean: [...curve.mean, ...values],
    high: [...curve.high, ...values],
  };
}

const thinned = (points: readonly Point[]): readonly Point[] =>
  points.length <= mostPoints ? points : points.filter((_, at) => at % 2 === 0 || at > mostPoints / 2);
