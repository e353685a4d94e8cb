import { expect, it } from 'vitest';
import { brushedItems, brushOf, brushText, isBrushed } from './brush';
import { dimensionOf } from './dimensions';

const dimensions = [dimensionOf('rate', 'rate', [1, 2, 3, null]), dimensionOf('arm', 'arm', ['a', 'b', 'b', 'b'])];

it('items count that lie within a part of each axis', () => {
  expect(brushedItems({}, dimensions, 4)).toEqual([0, 1, 2, 3]);
  expect(
    brushedItems(
      {
        rate: [
          [0, 1],
          [3, 9],
        ],
      },
      dimensions,
      4,
    ),
  ).toEqual([0, 2]);
  expect(brushedItems({ rate: [[0, 9]], arm: [[1, 1]] }, dimensions, 4)).toEqual([1, 2]);
  expect(brushedItems({ gone: [[0, 1]], rate: [] }, dimensions, 4)).toEqual([0, 1, 2, 3]);
});

it('an address has a brush, and nonsense has none', () => {
  const brush = {
    'backtracking.batch': [[8, 16.5]],
    'metric.loss/fake': [
      [-1, 0],
      [1e-5, 2],
    ],
  } as const;
  expect(brushOf(brushText(brush))).toEqual(brush);
  expect(isBrushed(brush)).toBe(true);
  expect(brushOf('')).toEqual({});
  expect(brushOf('x:1;y:a..b;:1..2')).toEqual({});
  expect(brushText({ x: [] })).toBe('');
});
