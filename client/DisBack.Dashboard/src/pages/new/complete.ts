import { formsOf, type Schema } from '../../schema/schema';

export type Offer = { label: string; detail: string; about: string; kind: 'key' | 'value' };

/** A line of YAML that is a key, perhaps with a value. */
const keyLine = /^(\s*)(?:- )?([\w.-]+)\s*:/;

/** The keys around a line, the outermost first: those of the lines above it that are less indented, one after the other. */
export function pathAt(lines: readonly string[], line: number): string[] {
  let indent = /^\s*/.exec(lines[line] ?? '')![0].length;
  const path: string[] = [];
  for (let above = line - 1; above >= 0 && indent > 0; above--) {
    const match = keyLine.exec(lines[above]!);
    if (match && match[1]!.length < indent) {
      path.unshift(match[2]!);
      indent = match[1]!.length;
    }
  }
  return path;
}

/** What may stand where the cursor is: keys of the section at the beginning of a line, values of the key behind a colon. */
export function offersAt(lines: readonly string[], line: number, before: string, schema: Schema): Offer[] {
  const value = /^\s*(?:- )?([\w.-]+)\s*:\s+\S*$/.exec(before);
  const sections = pathAt(lines, line).reduce<Schema[]>(
    (places, key) => places.flatMap(place => propertyOf(place, key)).flatMap(each => formsOf(each, schema)),
    formsOf(schema, schema),
  );
  if (value) {
    return sections
      .flatMap(section => propertyOf(section, value[1]!))
      .flatMap(property => formsOf(property, schema))
      .flatMap(valuesOf);
  }
  if (!/^\s*(?:- )?[\w.-]*$/.test(before)) {
    return [];
  }
  const keys = new Map<string, Offer>();
  for (const [label, property] of sections.flatMap(section => Object.entries(section.properties ?? {}))) {
    if (!keys.has(label)) {
      const usual = 'default' in property && typeof property.default !== 'object' ? `= ${String(property.default)}` : '';
      keys.set(label, { label, detail: usual, about: property.description ?? '', kind: 'key' });
    }
  }
  return [...keys.values()];
}

const propertyOf = (section: Schema, key: string): Schema[] => {
  const property = section.properties?.[key] ?? (typeof section.additionalProperties === 'object' ? section.additionalProperties : undefined);
  return property ? [property] : [];
};

function valuesOf(form: Schema): Offer[] {
  const values = form.enum ?? (form.const === undefined ? (form.type === 'boolean' ? [true, false] : []) : [form.const]);
  return values.map(value => ({ label: String(value), detail: value === form.default ? 'default' : '', about: form.description ?? '', kind: 'value' }));
}
