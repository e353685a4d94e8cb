// What a chart lays its items over: one value of each item.

export type Value = number | string | null;

export type Dimension = {
  /** Its name in addresses. */
  name: string;
  /** Its name on the chart, with the unit. */
  label: string;
  /** One value of each item; null where an item has none. */
  values: readonly Value[];
  /** The values that there are, in their order, where they are no numbers. */
  categories?: readonly string[];
  /** Whether the logarithm is laid out evenly. */
  logarithmic: boolean;
};

/** So many times the smallest value the largest has to be for a logarithmic axis to show more. */
const wide = 20;

/** The number that a cell stands for; null where it is none, or none that has a place on an axis. */
export function finite(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** A dimension of values as they are found: of categories unless all are numbers, in the given order or that of texts. */
export function dimensionOf(
  name: string,
  label: string,
  found: readonly (Value | undefined)[],
  known: { categories?: readonly string[]; logarithmic?: boolean } = {},
): Dimension {
  const isText = known.categories !== undefined || found.some(value => typeof value === 'string' && !['NaN', 'Infinity', '-Infinity'].includes(value));
  if (isText) {
    const values = found.map(value => (value === null || value === undefined ? null : String(value)));
    const categories = known.categories ?? [...new Set(values.filter(value => value !== null))].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
    return { name, label, values, categories, logarithmic: false };
  }
  const values = found.map(finite);
  return { name, label, values, logarithmic: known.logarithmic ?? spans(values) };
}

/** Whether values are all above 0 and far enough apart for a logarithmic axis. */
export function spans(values: readonly (number | null)[]): boolean {
  let [least, most] = [Infinity, -Infinity];
  for (const value of values) {
    if (value !== null) {
      least = Math.min(least, value);
      most = Math.max(most, value);
    }
  }
  return least > 0 && most > wide * least;
}

/** Where the value of an item lies: the number, or the place of its category. */
export function placeOf(dimension: Dimension, item: number): number | null {
  const value = dimension.values[item] ?? null;
  if (dimension.categories) {
    const at = dimension.categories.indexOf(String(value));
    return value === null || at < 0 ? null : at;
  }
  return dimension.logarithmic && Number(value) <= 0 ? null : finite(value);
}

/**
 * Where each item stands among all, from 0 for the first to 1 for the last; null for those that have no number. Equal values stand together, and one by itself is
 * the last.
 */
export function rankShares(values: readonly Value[]): (number | null)[] {
  const sorted = values
    .map(finite)
    .filter(value => value !== null)
    .sort((a, b) => a - b);
  const ranks = new Map<number, number>();
  sorted.forEach((value, rank) => ranks.has(value) || ranks.set(value, sorted.length < 2 ? 1 : rank / (sorted.length - 1)));
  return values.map(value => ranks.get(finite(value) ?? NaN) ?? null);
}

/** Keys of a whole spec that its sections have as well: "seed" alone is never that of a section. */
const ofTheWhole: readonly string[] = ['seed', 'name'];

/** Names in short: as many of the last parts of each as it takes to tell them apart. */
export function shortNames(names: readonly string[]): string[] {
  const parts = names.map(name => name.split('.'));
  const tail = (index: number, length: number) => parts[index]!.slice(-length).join('.');
  return names.map((name, index) => {
    for (let length = 1; length < parts[index]!.length; length++) {
      if (ofTheWhole.includes(tail(index, length))) {
        continue;
      }
      if (names.every((_, other) => other === index || tail(other, length) !== tail(index, length))) {
        return tail(index, length);
      }
    }
    return name;
  });
}
