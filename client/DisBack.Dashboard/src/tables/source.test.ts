import { expect, it } from 'vitest';
import type { RowColumn } from '../api/types';
import { rowsAtHand } from './source';

const columns: RowColumn[] = [
  { name: 'run', type: 'text', description: '' },
  { name: 'value', type: 'number', description: '' },
];
const rows = [
  ['a/10', 2],
  ['a/9', null],
  ['b', 1],
  ['c', 2],
];
const order = (sort: string) => rows.map((_, index) => rowsAtHand(columns, rows, sort).row(index)![0]);

it('sorts rows, those without a value last in both directions', () => {
  expect(order('')).toEqual(['a/10', 'a/9', 'b', 'c']);
  expect(order('value')).toEqual(['b', 'a/10', 'c', 'a/9']);
  expect(order('-value')).toEqual(['a/10', 'c', 'b', 'a/9']);
  expect(order('value,-run')).toEqual(['b', 'c', 'a/10', 'a/9']);
  expect(order('run')).toEqual(['a/9', 'a/10', 'b', 'c']);
  expect(order('nothing')).toEqual(['a/10', 'a/9', 'b', 'c']);
});
