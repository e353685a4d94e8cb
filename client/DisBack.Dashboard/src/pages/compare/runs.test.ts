import { describe, expect, it } from 'vitest';
import type { Cell } from '../../api/types';
import { armsOf, comparedRuns, differingKeys, groupsOf, meanOf, meanText, type ComparedRun } from './runs';

const run = (id: string, cells: Record<string, Cell>): ComparedRun => ({ id, name: id, status: 'completed', cells: { teacher: 'a', ...cells } });

const runs = [
  run('a/0', { 'param.seed': 0, 'param.name': 'a', 'param.backtracking.batch': 8, 'param.backtracking.host': 'dmd' }),
  run('a/1', { 'param.seed': 1, 'param.name': 'b', 'param.backtracking.batch': 8, 'param.backtracking.host': 'dmd' }),
  run('a/2', { 'param.seed': 0, 'param.name': 'a', 'param.backtracking.batch': 16, 'param.backtracking.host': 'dmd' }),
];

describe('compared runs', () => {
  it('are in the order of the question, without those that are not there', () => {
    const columns = ['id', 'name', 'status'].map(name => ({ name, type: 'text' as const, description: '' }));
    const page = {
      columns,
      rows: [
        ['x', 'n', 'failed'],
        ['y', 'n', 'queued'],
      ],
    };
    expect(comparedRuns(page, ['y', 'z', 'x']).map(each => each.id)).toEqual(['y', 'x']);
  });

  it('differ in keys of their specs', () => expect(differingKeys(runs)).toEqual(['param.backtracking.batch', 'param.name', 'param.seed']));

  it('are one arm where nothing but seed and name differs', () => {
    expect(armsOf(runs).map(arm => arm.map(each => each.id))).toEqual([['a/0', 'a/1'], ['a/2']]);
    expect(armsOf([runs[0]!, { ...runs[1]!, cells: { ...runs[1]!.cells, teacher: 'b' } }])).toHaveLength(2);
  });

  it('are named by what differs', () => {
    expect(groupsOf(runs, true).map(group => group.label)).toEqual(['batch 8', 'batch 16']);
    expect(groupsOf(runs, false).map(group => group.label)).toEqual(['a/0', 'a/1', 'a/2']);
    expect(groupsOf(runs.slice(0, 2), true).map(group => group.label)).toEqual(['a/0']);
    const recorded = [1, 2].map(seed => run(`r/${seed}`, { 'param.seed': 0, 'param.recording.seed': seed }));
    expect(groupsOf(recorded, true).map(group => group.label)).toEqual(['recording.seed 1', 'recording.seed 2']);
    const alike = ['x', 'y'].map(last => run(last, { 'param.a': last, 'param.b': last, 'param.c': last, 'param.d': last }));
    const labels = (more: ComparedRun[]) => groupsOf([run('z', {}), ...more], true).map(group => group.label);
    expect(labels(alike)).toEqual(['a –, b –, c –, …', 'a x, b x, c x, …', 'a y, b y, c y, …']);
    const same = ['x', 'y'].map(last => run(last, { 'param.a': 1, 'param.b': 1, 'param.c': 1, 'param.d': last }));
    expect(labels(same)).toEqual(['a –, b –, c –, …', '2: a 1, b 1, c 1, …', '3: a 1, b 1, c 1, …']);
  });
});

it('a mean of one has no deviation', () => {
  expect(meanOf([])).toBeUndefined();
  expect(meanOf([3])).toEqual({ mean: 3, deviation: null });
  expect(meanOf([1, 3])).toEqual({ mean: 2, deviation: Math.SQRT2 });
});

it('a mean has as many digits as its deviation', () => {
  expect(meanText([])).toBe('–');
  expect(meanText([2.05512])).toBe('2.055');
  expect(meanText([0.9783, 0.96, 0.99])).toBe('0.976 ± 0.015');
  expect(meanText([-31.2, -20, -44])).toBe('−32 ± 12');
  expect(meanText([1500, 2500])).toBe('2,000 ± 707');
  expect(meanText([2e-9, 3e-9])).toBe('2.5e−9 ± 7.1e−10');
  expect(meanText([3, 3])).toBe('3');
});
