import { expect, it } from 'vitest';
import type { SweepTrial } from '../../api/types';
import type { Plan } from './plan';
import { axisLabels, trialHeadings, trialRows } from './trialRows';

const plan: Plan = {
  sampler: 'grid',
  seed: 0,
  concurrent: 1,
  objective: { metric: 'fid', goal: 'minimize' },
  axes: [
    { key: 'arm', unit: '', choices: ['a', 'b'], logarithmic: false },
    { key: 'backtracking.batch', unit: 'images', choices: [8, 16], logarithmic: false },
  ],
};
const trial = (ordinal: number, more: object) =>
  ({
    ordinal,
    point: { arm: 1, 'backtracking.batch': 0 },
    status: 'completed',
    value: 3,
    step: 4,
    steps: 4,
    seconds: 2,
    updated: '2026-01-01T00:00:00Z',
    deleted: false,
    pruned: false,
    reason: null,
    ...more,
  }) as unknown as SweepTrial;

it('a trial is a row with a column for each axis, and says nothing before it has begun', () => {
  const waiting = { status: 'pending', value: null, step: 0, steps: 0, seconds: 0, updated: '0001-01-01T00:00:00Z', point: { arm: 0 } };
  const { columns, rows } = trialRows([trial(0, {}), trial(1, { value: 2 }), trial(2, waiting)], plan, ({ ordinal }) => `s/${ordinal}`);
  expect(columns.map(column => column.name)).toEqual([
    'run',
    'rank',
    'status',
    'value',
    'param.arm',
    'param.backtracking.batch',
    'step',
    'steps',
    'seconds',
    'updated',
    'reason',
  ]);
  expect(columns.map(column => column.type).slice(4, 6)).toEqual(['text', 'number']);
  expect(rows[0]).toEqual(['s/0', 2, 'completed', 3, 'b', 8, 4, 4, 2, '2026-01-01T00:00:00Z', null]);
  expect(rows[1]![1]).toBe(1);
  expect(rows[2]).toEqual(['s/2', null, 'pending', null, 'a', null, null, null, null, null, null]);
});

it('headings are short and have units', () => {
  expect(axisLabels(plan.axes)).toEqual(['arm', 'batch (images)']);
  const heading = trialHeadings(plan);
  expect(['value', 'param.backtracking.batch', 'rank'].map(heading)).toEqual(['fid', 'batch (images)', 'rank']);
});
