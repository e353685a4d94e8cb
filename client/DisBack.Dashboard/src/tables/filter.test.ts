import { describe, expect, it } from 'vitest';
import { filterOffers, isUnfinished } from './filter';

const columns = ['status', 'method', 'fid'].map(name => ({ name, description: `The ${name}.` }));
const values: Record<string, string[]> = { status: ['completed', 'running'], method: ['dmd2', "d'mix"] };
const offers = (text: string) => filterOffers(text, columns, column => values[column] ?? []).map(offer => offer.value);

describe('a filter is completed', () => {
  it('by columns first, and by words where something stands before', () => {
    expect(offers('')).toEqual(['status', 'method', 'fid']);
    expect(offers('fid < 3 a')).toEqual(['fid < 3 status', 'fid < 3 and']);
  });

  it('by values of the column that is compared', () => {
    expect(offers('status = ')).toEqual(["status = 'completed'", "status = 'running'"]);
    expect(offers("fid < 3 and status != 'run")).toEqual(["fid < 3 and status != 'running'"]);
    expect(offers("status in ('running', 'c")).toEqual(["status in ('running', 'completed'"]);
    expect(offers('method like d')).toEqual(["method like 'dmd2'", "method like 'd''mix'"]);
  });

  it('not within a text of which nothing is known', () => {
    expect(offers("fid = 'x")).toEqual([]);
    expect(offers("status = 'running'")).toEqual([]);
  });
});

it('a filter is unfinished where something has to follow', () => {
  expect(['fid <', 'fid < 3 and', 'not', "status = 'run", 'fid in (1,', '(fid < 3', 'fid is', "status = 'a' or "].every(isUnfinished)).toBe(true);
  expect(['', 'fid < 3', "name = 'this and'", "name = '('", '(fid < 3)', 'brand'].some(isUnfinished)).toBe(false);
});
