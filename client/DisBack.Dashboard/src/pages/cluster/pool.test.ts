import { describe, expect, it } from 'vitest';
import type { PoolView } from '../../api/types';
import { nameOfRun, pageOfRun, workersOf } from './pool';

const lease = (id: string, worker: string, device: number, share: number) => ({ id, worker, device, place: '', share });

const pool = {
  workers: [
    {
      worker: 'b',
      name: 'second',
      devices: [{ index: 0, kind: 'cuda', name: 'H100', slots: 1 }],
      runs: [{ run: { kind: 'backtracking', owner: 'a/0000', number: 2 }, device: 0, share: 0.5 }],
      cached: ['x', 'y'],
      damaged: [],
      cache: { bytes: 3 << 20, capacity: 2 ** 35 },
    },
    { worker: 'a', name: 'first', devices: [{ index: 0, kind: 'cpu', name: 'cpu', slots: 1 }], runs: [], cached: [], damaged: [], cache: null },
  ],
  leases: [
    { lease: lease('1', 'b', 0, 0.5), kind: 'backtracking', owner: 'a/0000' },
    { lease: lease('2', 'b', 0, 0.25), kind: 'recording', owner: 'f'.repeat(64) },
  ],
  queue: [],
} as unknown as PoolView;

describe('the pool', () => {
  it('tells of each worker who holds its devices, and which attempt trains there', () => {
    const [first, second] = workersOf(pool);
    expect(first!.devices[0]!.holders).toEqual([]);
    expect(second!.devices[0]).toMatchObject({ used: 0.75, slots: 1 });
    expect(second!.devices[0]!.holders.map(holder => holder.attempt)).toEqual([2, undefined]);
    expect(second).toMatchObject({ cached: 2, cache: { bytes: 3 << 20, capacity: 2 ** 35 } });
    expect(first!.cache).toBeNull();
  });

  it('names runs of every kind and has their pages', () => {
    expect(nameOfRun('recording', 'f'.repeat(64))).toBe('stage 1 of ffffffffffff');
    expect(nameOfRun('backtracking', 'a/0000')).toBe('a/0000');
    expect(pageOfRun('backtracking', 'a b/0000')).toBe('/runs/a%20b/0000');
    expect(pageOfRun('teacher', 'tiny')).toBe('/teachers/tiny');
    expect(nameOfRun('drawing', 'a'.repeat(32))).toBe('drawing aaaaaaaaaaaa');
    expect(pageOfRun('drawing', 'a'.repeat(32))).toBeUndefined();
  });
});
