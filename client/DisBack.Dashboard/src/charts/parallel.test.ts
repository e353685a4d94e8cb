import { expect, it } from 'vitest';
import { logarithmicLabels } from './parallel';

const labels = (...values: (number | null)[]) => logarithmicLabels({ values }).map(value => +value.toPrecision(6));

it('a logarithmic axis is labeled at its ends and at powers of ten between them that have room', () => {
  expect(labels(2e-5, null, 5e-2, 3e-4)).toEqual([2e-5, 1e-4, 1e-3, 1e-2, 5e-2]);
  expect(labels(9.9, 1050)).toEqual([9.9, 100, 1050]);
  expect(labels(3)).toEqual([3]);
  expect(labels(null)).toEqual([]);
});
