import { describe, expect, it } from 'vitest';
import { dimensionOf, placeOf, rankShares, shortNames } from './dimensions';

describe('dimensions', () => {
  it('are of numbers where all values are, and logarithmic where they are far apart', () => {
    const rates = dimensionOf('rate', 'rate', [1e-5, null, 1e-3, 'NaN']);
    expect(rates).toMatchObject({ values: [1e-5, null, 1e-3, null], logarithmic: true });
    expect(rates.categories).toBeUndefined();
    expect(dimensionOf('steps', 'steps', [16, 24]).logarithmic).toBe(false);
    expect(dimensionOf('gap', 'gap', [-1, 300]).logarithmic).toBe(false);
  });

  it('are of categories where a value is a text', () => {
    const dimension = dimensionOf('batch', 'batch', ['16', 8, null, 'auto', 8]);
    expect(dimension.categories).toEqual(['8', '16', 'auto']);
    expect([0, 1, 2, 3].map(item => placeOf(dimension, item))).toEqual([1, 0, null, 2]);
  });

  it('keep the order of choices that are known', () => {
    expect(dimensionOf('arm', 'arm', ['b', 'a'], { categories: ['b', 'a', 'c'] }).categories).toEqual(['b', 'a', 'c']);
  });

  it('have no place for what a logarithm does not have', () => {
    expect(placeOf(dimensionOf('x', 'x', [0, 5], { logarithmic: true }), 0)).toBeNull();
  });
});

it('ranks share a place where values are equal', () => {
  expect(rankShares([3, 1, null, 1, 9])).toEqual([2 / 3, 0, null, 0, 1]);
  expect(rankShares([7])).toEqual([1]);
});

it('names are as short as they can be told apart', () => {
  expect(shortNames(['backtracking.fake.learning_rate', 'backtracking.generator.learning_rate', 'backtracking.batch', 'seed'])).toEqual([
    'fake.learning_rate',
    'generator.learning_rate',
    'batch',
    'seed',
  ]);
  expect(shortNames(['recording.seed', 'backtracking.batch'])).toEqual(['recording.seed', 'batch']);
  expect(shortNames(['batch', 'recording.batch'])).toEqual(['batch', 'recording.batch']);
});
