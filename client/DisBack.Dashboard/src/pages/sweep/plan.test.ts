import { describe, expect, it } from 'vitest';
import type { SweepDocument } from '../../api/types';
import { planOf, rungPlace, stoppingText, valueAt } from './plan';

const documentOf = (spec: object, amended?: object) =>
  ({ spec: JSON.stringify(spec), amendments: amended ? [{ from: 2, at: '', spec: JSON.stringify(amended) }] : [] }) as unknown as SweepDocument;

const search = {
  sampler: 'tpe',
  objective: { metric: 'accuracy', goal: 'maximize' },
  space: {
    seed: { values: [0, 1] },
    arm: { cases: [{ name: 'straight' }, { name: 'backtracking' }] },
    'backtracking.batch': { values: [{ size: 8 }, null], unit: 'images' },
    'backtracking.generator.learning_rate': { low: 1e-5, high: 1e-3, log: true },
  },
};

describe('the plan of a search', () => {
  it('has its axes in the order of their keys', () => {
    const plan = planOf(documentOf({ search }))!;
    expect(plan.axes.map(axis => axis.key)).toEqual(['arm', 'backtracking.batch', 'backtracking.generator.learning_rate', 'seed']);
    expect(plan.objective).toEqual({ metric: 'accuracy', goal: 'maximize' });
  });

  it('tells what a coordinate stands for', () => {
    const [arm, batch, rate, seed] = planOf(documentOf({ search }))!.axes;
    expect(valueAt(arm!, 1)).toBe('backtracking');
    expect(valueAt(batch!, 0)).toBe('{"size":8}');
    expect(valueAt(batch!, 1)).toBe('null');
    expect(valueAt(rate!, 0.0002)).toBe(0.0002);
    expect(valueAt(seed!, 1)).toBe(1);
    expect(valueAt(seed!, undefined)).toBeNull();
  });

  it('is that of the newest amendment', () => {
    expect(planOf(documentOf({ search }, { search: { ...search, max_concurrent: 9 } }))!.concurrent).toBe(9);
  });

  it('is not there for a single run', () => expect(planOf(documentOf({ name: 'digits' }))).toBeUndefined());
});

it('early stopping is told in words, and where its rungs are', () => {
  const halving = { rule: 'successive-halving', by: 'positions', first: 2, factor: 3 } as const;
  expect(stoppingText(halving, 'fid')).toBe('the best 1 in 3 goes on at position 2, and at each 3 times further');
  expect([0, 1, 2].map(rung => rungPlace(halving, rung))).toEqual([2, 6, 18]);
  expect(stoppingText({ rule: 'bound', by: 'steps', at: 100, worst: 20 }, 'fid')).toBe('at step 100 unless fid is 20 or better');
});
