import { describe, expect, it } from 'vitest';
import type { Schema } from './schema';
import { lines } from './specLines';

const schema: Schema = {
  properties: {
    seed: { default: 0 },
    switching: { anyOf: [{ $ref: '#/$defs/Fixed' }, { $ref: '#/$defs/Gap' }] },
  },
  $defs: {
    Fixed: { properties: { policy: { const: 'fixed' }, interval: { default: 8 } } },
    Gap: { properties: { policy: { const: 'gap' }, interval: { default: 5 } } },
  },
};

describe('the lines of a spec', () => {
  it('are marked where they differ from the default of their own alternative', () => {
    expect(lines({ seed: 3, switching: { policy: 'gap', interval: 5 } }, schema)).toEqual([
      { text: 'seed: 3', differs: true },
      { text: 'switching:', differs: false },
      { text: '  policy: gap', differs: false },
      { text: '  interval: 5', differs: false },
    ]);
    expect(lines({ switching: { policy: 'fixed', interval: 5 } }, schema)[2]).toEqual({ text: '  interval: 5', differs: true });
  });

  it('are marked nowhere without a schema, and lists stay in one line', () => {
    expect(lines({ betas: [0, 0.999], name: 'a: b' }, undefined)).toEqual([
      { text: 'betas: [ 0, 0.999 ]', differs: false },
      { text: 'name: "a: b"', differs: false },
    ]);
  });
});
