import { stringify } from 'yaml';
import { formsOf, type Schema } from './schema';

export type SpecLine = { text: string; differs: boolean };

/** A spec as lines of YAML, each with whether it says something else than the default does; without a schema nothing is marked. */
export function lines(spec: unknown, schema: Schema | undefined): SpecLine[] {
  const all: SpecLine[] = [];
  walk(spec, schema ? [schema] : undefined, schema?.default, schema, 0, all);
  return all;
}

/** @param usual What the section that this is in has by default, which goes before the defaults of its keys: hosts have rates of their own. */
function walk(value: unknown, places: Schema[] | undefined, usual: unknown, root: Schema | undefined, depth: number, all: SpecLine[]): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return;
  }
  const forms = places?.flatMap(place => formsOf(place, root!)).filter(form => fits(form, value as Record<string, unknown>));
  for (const [key, item] of Object.entries(value)) {
    const properties = forms?.flatMap(form => form.properties?.[key] ?? []);
    const own = properties?.find(property => 'default' in property)?.default;
    const expected = isSection(usual) && sameForm(usual, value as Record<string, unknown>) && key in usual ? usual[key] : own;
    const indent = '  '.repeat(depth);
    if (typeof item === 'object' && item !== null && !Array.isArray(item) && Object.keys(item).length > 0) {
      all.push({ text: `${indent}${key}:`, differs: false });
      walk(item, properties, expected, root, depth + 1, all);
      continue;
    }
    // A key without a default has to be written, and says nothing by being there.
    const isDefault = expected === undefined || JSON.stringify(expected) === JSON.stringify(item);
    all.push({ text: `${indent}${key}: ${stringify(item, { collectionStyle: 'flow', lineWidth: 0 }).trim()}`, differs: !isDefault });
  }
}

/** Whether a value is of a form, as its constant keys tell: `policy: fixed` for example. */
function fits(form: Schema, value: Record<string, unknown>): boolean {
  return Object.entries(form.properties ?? {}).every(([key, property]) => property.const === undefined || value[key] === property.const);
}

const isSection = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whether two sections are of one alternative, by the names that alternatives go by. */
const sameForm = (a: Record<string, unknown>, b: Record<string, unknown>): boolean => ['host', 'policy', 'law', 'sampler'].every(key => a[key] === b[key]);
