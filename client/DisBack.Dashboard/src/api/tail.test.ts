import { describe, expect, it } from 'vitest';
import { grown, noTail, pointsAfter, withTails, type Tail } from './tail';
import type { RunUpdate, ThinnedCurve } from './types';

const update = (metrics: Record<string, { step: number; value: number }>, status: RunUpdate['status'] = 'running') =>
  ({ status, progress: { metrics } }) as unknown as RunUpdate;

const tailOf = (...losses: [step: number, value: number][]): Tail =>
  losses.reduce((tail, [step, value]) => grown(tail, update({ loss: { step, value } })), noTail);

const curve = (...parts: [step: number, value: number][]): ThinnedCurve => ({
  run: 'a/0000',
  metric: 'loss',
  measured: parts.length,
  not_finite: 0,
  first: parts[0]![1],
  last: parts.at(-1)![1],
  from: parts.map(part => part[0]),
  to: parts.map(part => part[0]),
  low: parts.map(part => part[1]),
  mean: parts.map(part => part[1]),
  high: parts.map(part => part[1]),
});

describe('the tail of a run', () => {
  it('has each new value once', () => {
    const tail = tailOf([10, 1], [20, 2]);
    expect(pointsAfter(tail, 'loss', 0)).toEqual([
      [10, 1],
      [20, 2],
    ]);
    expect(grown(tail, update({ loss: { step: 20, value: 2 } }))).toBe(tail);
    expect(pointsAfter(tail, 'loss', 10)).toEqual([[20, 2]]);
    expect(pointsAfter(tail, 'fid', 0)).toEqual([]);
  });

  it('forgets the steps that a resumed attempt makes once more', () => {
    expect(pointsAfter(tailOf([10, 1], [20, 2], [30, 3], [15, 4]), 'loss', 0)).toEqual([
      [10, 1],
      [15, 4],
    ]);
  });

  it('takes nothing of stage 1 for a run that waits for it', () => {
    expect(grown(noTail, update({ 'loss/degradation': { step: 1, value: 2 } }, 'pending'))).toBe(noTail);
  });

  it('stays short, from its beginning to its end', () => {
    const steps = Array.from({ length: 10_000 }, (_, step): [number, number] => [step, step]);
    const points = pointsAfter(tailOf(...steps), 'loss', -1);
    expect(points.length).toBeLessThanOrEqual(1_000);
    expect(points[0]).toEqual([0, 0]);
    expect(points.at(-1)).toEqual([9_999, 9_999]);
  });
});

describe('curves with tails', () => {
  it('go on where what is stored ends', () => {
    const [whole] = withTails([curve([10, 1], [20, 2])], new Map([['a/0000', tailOf([15, 9], [30, 3])]]), ['loss']);
    expect([whole!.to, whole!.mean, whole!.low, whole!.high]).toEqual([
      [10, 20, 30],
      [1, 2, 3],
      [1, 2, 3],
      [1, 2, 3],
    ]);
    expect([whole!.measured, whole!.first, whole!.last]).toEqual([3, 1, 3]);
  });

  it('begin with the tail where nothing is stored, for the metrics that are asked for', () => {
    const tail = grown(tailOf([1, 5], [2, 6]), update({ accuracy: { step: 2, value: 0.5 } }));
    const [fresh, ...others] = withTails([], new Map([['b/0000', tail]]), ['loss']);
    expect(others).toEqual([]);
    expect([fresh!.run, fresh!.metric, fresh!.from, fresh!.first, fresh!.last, fresh!.measured]).toEqual(['b/0000', 'loss', [1, 2], 5, 6, 2]);
  });

  it('stay as they are without news', () => {
    const stored = [curve([10, 1])];
    expect(withTails(stored, new Map([['a/0000', tailOf([10, 1])]]), ['loss'])).toEqual(stored);
  });
});
