import { describe, expect, it } from 'vitest';
import type { SweepImportance } from '../../api/types';
import { explanations, isTold } from './explanation';
import type { Axis } from './plan';

const axis = (key: string, unit = ''): Axis => ({ key, unit, logarithmic: false });

const found = (key: string, shares: [explained: number, adjusted: number, chance: number] | undefined) => ({
  axis: key,
  trials: 12,
  groups: 3,
  explained: shares?.[0] ?? null,
  adjusted: shares?.[1] ?? null,
  chance: shares?.[2] ?? null,
  lack: shares ? ('nothing' as const) : ('one-group' as const),
});

const importance = (trials: number, ...axes: ReturnType<typeof found>[]) =>
  ({ sweep: 's-00000000', metric: 'fid', trials, fewest_trials: 10, axes, remarks: [] }) as unknown as SweepImportance;

describe('what explains a search', () => {
  it('takes as many complete trials as the answer says', () => expect([9, 10].map(trials => isTold(importance(trials)))).toEqual([false, true]));

  it('calls the axes as the charts do and keeps their order', () => {
    const known = [axis('backtracking.batch', 'images'), axis('backtracking.generator.learning_rate')];
    const rows = explanations(importance(12, found(known[1]!.key, [0.9312, 0.92, 0.0005]), found(known[0]!.key, [0.1, 0, 0.61])), known);
    expect(rows).toEqual([
      {
        key: 'backtracking.generator.learning_rate',
        label: 'learning rate',
        explained: 0.9312,
        adjusted: 0.92,
        texts: { explained: '93.1 %', adjusted: '92.0 %', chance: '0.0005' },
      },
      { key: 'backtracking.batch', label: 'batch (images)', explained: 0.1, adjusted: 0, texts: { explained: '10.0 %', adjusted: '0.0 %', chance: '0.6100' } },
    ]);
  });

  it('says nothing of an axis where there is nothing to tell, also of one that the page does not know yet', () => {
    const [row] = explanations(importance(12, found('data.added', undefined)), [axis('seed')]);
    expect(row).toEqual({ key: 'data.added', label: 'data.added', explained: 0, adjusted: 0, texts: { explained: '–', adjusted: '–', chance: '–' } });
  });
});
