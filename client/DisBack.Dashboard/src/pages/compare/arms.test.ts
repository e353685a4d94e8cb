import { expect, it } from 'vitest';
import { armCurve } from './arms';

it('runs count on the lines between their measurements', () => {
  const arm = armCurve([
    { x: [0, 10, 20], y: [4, 2, 1] },
    { x: [0, 20], y: [8, 6] },
  ]);
  expect(arm.x).toEqual([0, 10, 20]);
  expect(arm.mean).toEqual([6, 4.5, 3.5]);
  expect(arm.high[0]).toBeCloseTo(6 + Math.sqrt(8));
  expect(arm.low[0]).toBeCloseTo(6 - Math.sqrt(8));
});

it('there is no mean where less than half of the runs have measured', () => {
  const arm = armCurve([
    { x: [0, 4], y: [1, 1] },
    { x: [1, 2], y: [3, 3] },
    { x: [1, 3], y: [2, 2] },
  ]);
  expect(arm.x).toEqual([1, 2, 3]);
  expect(arm.mean).toEqual([2, 2, 1.5]);
});

it('long curves are told at no more places than a chart is wide', () => {
  const x = Array.from({ length: 4000 }, (_, at) => at);
  const arm = armCurve([{ x, y: x }]);
  expect(arm.x).toHaveLength(500);
  expect([arm.x[0], arm.x.at(-1)]).toEqual([0, 3999]);
});

it('an arm that has measured nothing has no curve', () => expect(armCurve([{ x: [], y: [] }]).x).toEqual([]));
