import type { RowColumn } from '../api/types';

// What can be told of a filter while it is typed; the server reads it.

const words = ['and', 'or', 'not', 'like', 'in', 'is null'];
const mostOffered = 40;

export type Offer = { value: string; about: string };

const comparison = /([\w.$/-]+)\s*(?:=|!=|<>|\blike\b|\bin\s*\((?:\s*'[^']*'\s*,)*)\s*$/i;

const isQuoted = (text: string): boolean => (text.match(/'/g)?.length ?? 0) % 2 === 1;

/** What a filter may become: all of it with its last word completed, or with a value of the column that it compares. */
export function filterOffers(
  text: string,
  columns: readonly Pick<RowColumn, 'name' | 'description'>[],
  valuesOf: (column: string) => readonly string[],
): Offer[] {
  const quoted = isQuoted(text);
  const start = quoted ? text.lastIndexOf("'") : /[\w.$/-]*$/.exec(text)!.index;
  const [before, word] = [text.slice(0, start), text.slice(start).replace("'", '').toLowerCase()];
  if (!quoted && before.endsWith("'")) {
    return [];
  }
  const compared = comparison.exec(before)?.[1];
  const values = compared === undefined ? [] : valuesOf(compared).map(value => ({ name: value, text: `'${value.replaceAll("'", "''")}'`, about: '' }));
  const others = [
    ...columns.map(column => ({ name: column.name, text: column.name, about: column.description })),
    ...(before === '' ? [] : words.map(each => ({ name: each, text: each, about: '' }))),
  ];
  return [...values, ...(quoted || values.length > 0 ? [] : others)]
    .filter(offer => offer.name.toLowerCase().includes(word) && offer.text.toLowerCase() !== word)
    .slice(0, mostOffered)
    .map(offer => ({ value: before + offer.text, about: offer.about }));
}

/** Whether more has to come for a text to be a filter: it ends within a text or brackets, or with a word that something follows. */
export function isUnfinished(text: string): boolean {
  const bare = text.replace(/'[^']*'/g, "''");
  return (
    isQuoted(text) ||
    (bare.match(/\(/g)?.length ?? 0) > (bare.match(/\)/g)?.length ?? 0) ||
    /[=<>!,]\s*$/.test(bare) ||
    /(^|[\s()])(and|or|not|like|in|is)\s*$/i.test(bare)
  );
}
