/** As much of a JSON schema as the page reads: what keys there are, what they may be and are by default. */
export type Schema = {
  $ref?: string;
  $defs?: Record<string, Schema>;
  type?: string | string[];
  description?: string;
  properties?: Record<string, Schema>;
  additionalProperties?: Schema | boolean;
  anyOf?: Schema[];
  oneOf?: Schema[];
  enum?: unknown[];
  const?: unknown;
  default?: unknown;
};

/** The alternatives that a schema stands for. */
export function formsOf(schema: Schema, root: Schema): Schema[] {
  if (schema.$ref) {
    const target = root.$defs?.[schema.$ref.split('/').at(-1)!];
    return target ? formsOf(target, root) : [];
  }
  const alternatives = schema.anyOf ?? schema.oneOf;
  return alternatives ? alternatives.flatMap(each => formsOf(each, root)) : [schema];
}
