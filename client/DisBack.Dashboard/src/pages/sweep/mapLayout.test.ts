import { expect, it } from 'vitest';
import { cellAt, mapLayout } from './mapLayout';

it('few cells are large, and many are as small as it takes', () => {
  expect(mapLayout(9, 600, 200)).toEqual({ columns: 9, rows: 1, cell: 40, gap: 2 });
  const many = mapLayout(10_000, 600, 200);
  expect(many.cell).toBe(3);
  expect(many.columns * many.rows).toBeGreaterThanOrEqual(10_000);
  const middle = mapLayout(1000, 600, 200);
  expect(middle.rows * middle.cell).toBeLessThanOrEqual(200);
});

it('a point is on a cell, or on none', () => {
  const layout = { columns: 10, rows: 2, cell: 20, gap: 2 };
  expect(cellAt(layout, 15, 25, 5)).toBe(1);
  expect(cellAt(layout, 15, 25, 25)).toBe(11);
  expect(cellAt(layout, 15, 125, 25)).toBeUndefined();
  expect(cellAt(layout, 15, 205, 5)).toBeUndefined();
});
