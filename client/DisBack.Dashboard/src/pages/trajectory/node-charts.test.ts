import { expect, test } from 'vitest';
import type { TrajectoryDocument } from '../../api/types';
import { nodeCurves } from './node-charts';

test('what was not measured is no point of a curve', () => {
  const nodes = [
    { index: 0, output_distance: null, loss: null },
    { index: 1, output_distance: 0.4, loss: null },
    { index: 2, output_distance: 0.2, loss: 7 },
  ];
  const trajectory = { id: '0123456789abcdef', name: 'digits', nodes } as unknown as TrajectoryDocument;
  expect(nodeCurves([trajectory], 'output_distance')).toEqual([{ name: 'digits 01234567', x: [1, 2], y: [0.4, 0.2] }]);
  expect(nodeCurves([trajectory], 'loss')[0]!.x).toEqual([2]);
});
