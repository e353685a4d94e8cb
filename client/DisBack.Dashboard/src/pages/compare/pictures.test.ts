import { expect, it } from 'vitest';
import { stripsOf } from '../../api/strips';
import type { TrialDocument } from '../../api/types';
import { nearestStrip, sheetOf, stepsOf } from './pictures';

const artifact = (name: string, step: number) => [name, { name, step, content: { digest: `${name}!`, length: 1 } }];
const run = {
  run: { artifacts: Object.fromEntries([artifact('strips/0000039.png', 39), artifact('strips/0000000.png', 0), artifact('samples.png', 300)]) },
} as unknown as TrialDocument;

it('strips are in the order of their steps', () => {
  expect(stripsOf(run.run.artifacts).map(strip => strip.step)).toEqual([0, 39]);
  expect(sheetOf(run)).toBe('samples.png!');
  expect(
    stepsOf([
      stripsOf(run.run.artifacts),
      [
        { step: 4, digest: '' },
        { step: 39, digest: '' },
      ],
    ]),
  ).toEqual([0, 4, 39]);
});

it('the nearest strip is shown', () => {
  const strips = stripsOf(run.run.artifacts);
  expect([-1, 19, 20, 900].map(step => nearestStrip(strips, step)?.step)).toEqual([0, 0, 39, 39]);
  expect(nearestStrip([], 1)).toBeUndefined();
});
