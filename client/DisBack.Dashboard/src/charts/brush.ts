import { placeOf, type Dimension } from './dimensions';

/** Parts of axes that are looked at, by the names of their dimensions: an item counts if it lies within one part of each. */
export type Brush = Readonly<Record<string, readonly (readonly [number, number])[]>>;

/** Whether anything is left out by a brush. */
export const isBrushed = (brush: Brush): boolean => Object.values(brush).some(parts => parts.length > 0);

/** The items within a brush; of dimensions that are not there it says nothing. */
export function brushedItems(brush: Brush, dimensions: readonly Dimension[], count: number): number[] {
  const asked = dimensions.filter(dimension => (brush[dimension.name] ?? []).length > 0);
  return Array.from({ length: count }, (_, item) => item).filter(item =>
    asked.every(dimension => {
      const place = placeOf(dimension, item);
      return place !== null && brush[dimension.name]!.some(([low, high]) => low <= place && place <= high);
    }),
  );
}

/** As addresses have it: `name:low..high,low..high;name:...`, in no more digits than a pointer can choose. */
export function brushText(brush: Brush): string {
  return Object.entries(brush)
    .filter(([, parts]) => parts.length > 0)
    .map(([name, parts]) => `${name}:${parts.map(([low, high]) => `${+low.toPrecision(6)}..${+high.toPrecision(6)}`).join(',')}`)
    .join(';');
}

/** Reads a brush; what cannot be read is left out. */
export function brushOf(text: string): Brush {
  const brush: Record<string, [number, number][]> = {};
  for (const entry of text.split(';')) {
    const colon = entry.lastIndexOf(':');
    const parts = entry
      .slice(colon + 1)
      .split(',')
      .map(part => part.split('..').map(Number))
      .filter((part): part is [number, number] => part.length === 2 && part.every(Number.isFinite));
    if (colon > 0 && parts.length > 0) {
      brush[entry.slice(0, colon)] = parts;
    }
  }
  return brush;
}
