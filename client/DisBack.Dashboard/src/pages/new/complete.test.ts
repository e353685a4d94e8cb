import { describe, expect, it } from 'vitest';
import type { Schema } from '../../schema/schema';
import { offersAt, pathAt } from './complete';

const schema: Schema = {
  properties: {
    seed: { type: 'integer', default: 0, description: 'Seed.' },
    switching: { anyOf: [{ $ref: '#/$defs/Fixed' }, { $ref: '#/$defs/Gap' }] },
  },
  $defs: {
    Fixed: { properties: { policy: { const: 'fixed' }, interval: { default: 8 } } },
    Gap: { properties: { policy: { const: 'score-gap' }, ratio: {}, quiet: { type: 'boolean', default: false } } },
  },
};

const at = (text: string) => {
  const lines = text.split('\n');
  return offersAt(lines, lines.length - 1, lines.at(-1)!, schema).map(offer => offer.label);
};

describe('completion', () => {
  it('offers the keys of the section that the line is in, of all its alternatives', () => {
    expect(at('se')).toEqual(['seed', 'switching']);
    expect(at('seed: 1\nswitching:\n  ')).toEqual(['policy', 'interval', 'ratio', 'quiet']);
  });

  it('offers the values of a key', () => {
    expect(at('switching:\n  policy: ')).toEqual(['fixed', 'score-gap']);
    expect(at('switching:\n  quiet: f')).toEqual(['true', 'false']);
    expect(at('seed: ')).toEqual([]);
  });

  it('knows the way to a line, past what is beside it', () => {
    expect(pathAt(['a:', '  b:', '    c: 1', '  d:', '    '], 4)).toEqual(['a', 'd']);
    expect(pathAt(['a:', '  b: 1', ''], 2)).toEqual([]);
  });
});
