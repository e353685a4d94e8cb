/** Cells of one size in rows, the largest with which all of them are within a height. */
export type MapLayout = { columns: number; rows: number; cell: number; gap: number };

const [smallest, largest] = [3, 40];

export function mapLayout(count: number, width: number, height: number): MapLayout {
  let cell = largest;
  while (cell > smallest && Math.ceil(count / Math.max(1, Math.floor(width / cell))) * cell > height) {
    cell--;
  }
  const columns = Math.max(1, Math.min(count, Math.floor(width / cell)));
  return { columns, rows: Math.ceil(count / columns), cell, gap: cell >= 12 ? 2 : cell >= 5 ? 1 : 0 };
}

/** The cell under a point; undefined where there is none. */
export function cellAt({ columns, cell }: MapLayout, count: number, x: number, y: number): number | undefined {
  const [column, row] = [Math.floor(x / cell), Math.floor(y / cell)];
  const at = row * columns + column;
  return column >= 0 && column < columns && row >= 0 && at < count ? at : undefined;
}
