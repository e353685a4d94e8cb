import { expect, it } from 'vitest';
import type { ThinnedCurve } from '../../api/types';
import { groupCurves } from './drawing';
import type { ComparedRun, Group } from './runs';

const curve = (run: string, to: number[], mean: number[]): ThinnedCurve => ({
  run,
  metric: 'fid',
  measured: to.length,
  not_finite: 0,
  first: mean[0]!,
  last: mean.at(-1)!,
  from: to,
  to,
  low: mean,
  mean,
  high: mean,
});
const group = (number: number, ...ids: string[]): Group => ({ label: String(number), number, runs: ids.map(id => ({ id }) as ComparedRun) });

it('a run is drawn as it was measured, an arm as the mean of its runs, and what has measured nothing not at all', () => {
  const curves = [curve('a', [0, 1], [4, 2]), curve('b', [0, 1], [8, 4]), curve('c', [0, 2], [1, 1])];
  const drawn = groupCurves([group(0, 'a', 'b'), group(1, 'c'), group(2, 'd')], curves, 'fid', 'step', 0);
  expect(drawn.map(({ x, y }) => ({ x, y }))).toEqual([
    { x: [0, 1], y: [6, 3] },
    { x: [0, 2], y: [1, 1] },
  ]);
});

it('positions go down, and a student that returns to a node stays where it was', () => {
  const [drawn] = groupCurves([group(0, 'a')], [curve('a', [4, 2, 3, 0], [1, 2, 3, 4])], 'fid', 'position', 0);
  expect(drawn!.x).toEqual([-4, -2, -2, 0]);
});
