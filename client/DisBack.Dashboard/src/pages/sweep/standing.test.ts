import { describe, expect, it } from 'vitest';
import type { SweepTrial } from '../../api/types';
import { bestSoFar, budgetUse, countStates, hasSettled, ranked } from './standing';

const trial = (ordinal: number, value: number | null, more: Partial<SweepTrial> = {}) =>
  ({
    ordinal,
    value,
    status: value === null ? 'running' : 'completed',
    point: {},
    seconds: 2,
    updated: `2026-01-01T00:00:0${ordinal}Z`,
    deleted: false,
    pruned: false,
    measured: true,
    cost: { steps: 10, images: 100 },
    pruned_at: 0,
    rungs: [],
    ...more,
  }) as unknown as SweepTrial;

const pruned = (ordinal: number, at: number) => trial(ordinal, null, { status: 'cancelled', pruned: true, pruned_at: at });

describe('where a search stands', () => {
  const trials = [trial(0, 5), pruned(1, 4), trial(2, 3), trial(3, null), trial(4, 3), trial(5, 1, { deleted: true })];

  it('counts what was stopped early and what was deleted apart', () =>
    expect(countStates(trials)).toEqual([
      ['completed', 3],
      ['pruned', 1],
      ['deleted', 1],
      ['running', 1],
    ]));

  it('ranks trials that have a value, the earlier one first where two are as good', () => {
    expect(ranked(trials, 'minimize').map(each => each.ordinal)).toEqual([2, 4, 0]);
    expect(ranked(trials, 'maximize').map(each => each.ordinal)).toEqual([0, 2, 4]);
  });

  it('has settled once nothing goes on and nothing is to come', () => {
    const intent = { intent: 'run', trial_count: 2 };
    expect(hasSettled([trial(0, 1), trial(1, 2)], intent, false)).toBe(true);
    expect(hasSettled([trial(0, 1)], intent, false)).toBe(false);
    expect(hasSettled([trial(0, 1)], { ...intent, intent: 'cancel' }, false)).toBe(true);
    expect(hasSettled([trial(0, 1), trial(1, 2, { measured: false })], intent, true)).toBe(false);
  });
});

describe('the best so far', () => {
  it('goes down in steps, to the last trial', () => {
    const { places, best } = bestSoFar([trial(0, 5), trial(1, 6), trial(2, 3), pruned(3, 1)], 'minimize', 'trials');
    expect(places.map(place => [place.x, place.y])).toEqual([
      [0, 5],
      [1, 6],
      [2, 3],
    ]);
    expect(best).toEqual([
      [0, 5],
      [2, 3],
      [3, 3],
    ]);
  });

  it('counts the time of trials without a value, in the order in which they ended', () => {
    const { best } = bestSoFar([trial(0, 4, { updated: '2026-01-01T00:00:09Z' }), pruned(1, 1), trial(2, 5)], 'minimize', 'device-seconds');
    expect(best).toEqual([
      [4, 5],
      [6, 4],
    ]);
  });

  it('is not there without values', () => expect(bestSoFar([pruned(0, 1)], 'minimize', 'trials').best).toEqual([]));
});

it('a budget counts trials that were stopped early up to there', () => {
  const used = budgetUse([trial(0, 1), pruned(1, 4)], { images: 500, steps: 20, device_seconds: 9 }, 0);
  expect(used).toEqual([
    { kind: 'steps', used: 14, limit: 20 },
    { kind: 'images', used: 140, limit: 500 },
    { kind: 'device_seconds', used: 4, limit: 9 },
  ]);
});
