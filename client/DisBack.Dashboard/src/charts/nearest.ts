/** A curve as it is drawn; its x ascend. */
export type Drawn = { x: readonly number[]; y: readonly number[] };

/** The place of the last number of an ascending row that is at most a value; -1 where none is. */
export function lastAtMost(row: readonly number[], value: number): number {
  let [low, high] = [0, row.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (row[middle]! <= value) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low - 1;
}

/** The height of a curve at a place, on the line between its points; null before its beginning and after its end. */
export function heightAt({ x, y }: Drawn, place: number): number | null {
  const at = lastAtMost(x, place);
  if (at < 0 || (at === x.length - 1 && place > x[at]!)) {
    return null;
  }
  const next = Math.min(at + 1, x.length - 1);
  const share = x[next] === x[at] ? 0 : (place - x[at]!) / (x[next]! - x[at]!);
  return y[at]! + share * (y[next]! - y[at]!);
}

/** The curve that passes closest to a height at a place, as `distance` measures heights; undefined where none passes within `most`. */
export function nearestCurve(
  curves: readonly Drawn[],
  place: number,
  distance: (height: number) => number,
  most: number,
): { curve: number; height: number } | undefined {
  let found: { curve: number; height: number } | undefined;
  curves.forEach((curve, at) => {
    const height = heightAt(curve, place);
    const far = height === null ? Infinity : distance(height);
    if (height !== null && far <= most) {
      most = far;
      found = { curve: at, height };
    }
  });
  return found;
}
