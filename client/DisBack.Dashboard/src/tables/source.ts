import type { Cell, RowColumn } from '../api/types';

/** Rows that a table shows: fetched as they are looked at, or all there. */
export interface RowSource {
  readonly total: number | undefined;
  readonly columns: readonly RowColumn[];
  /** Whether they answer another question than the one asked last, which has failed. */
  readonly outdated?: boolean;
  row(index: number): Cell[] | undefined;
  /** Sees to it that the rows of a range are there, or on their way. */
  want(first: number, last: number): void;
}

/** Rows that the page has, sorted as addresses say: names, separated by commas, with `-` before those that sort downwards. Cells of nothing come last. */
export function rowsAtHand(columns: readonly RowColumn[], rows: readonly Cell[][], sort: string): RowSource {
  const keys = sort
    .split(',')
    .map(name => ({ at: columns.findIndex(column => column.name === name.replace(/^-/, '')), sign: name.startsWith('-') ? -1 : 1 }))
    .filter(key => key.at >= 0);
  const order = (a: Cell[], b: Cell[]) => keys.reduce((found, { at, sign }) => found || compare(a[at] ?? null, b[at] ?? null, sign), 0);
  const sorted = keys.length === 0 ? rows : [...rows].sort(order);
  return { total: rows.length, columns, row: index => sorted[index], want: () => undefined };
}

function compare(a: Cell, b: Cell, sign: number): number {
  if (a === null || b === null) {
    return Number(a === null) - Number(b === null);
  }
  return sign * (typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b), 'en', { numeric: true }));
}
