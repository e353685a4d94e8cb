import { describe, expect, it } from 'vitest';
import type { ThinnedCurve } from '../api/types';
import { isThinned, placesIn, placesOf, rangeOf, refined, sharesIn } from './closer';

const curve = (measured: number, ...parts: [from: number, to: number, mean: number][]): ThinnedCurve => ({
  run: 'a/0000',
  metric: 'fid',
  measured,
  not_finite: 0,
  first: parts[0]![2],
  last: parts.at(-1)![2],
  from: parts.map(part => part[0]),
  to: parts.map(part => part[1]),
  low: parts.map(part => part[2] - 1),
  mean: parts.map(part => part[2]),
  high: parts.map(part => part[2] + 1),
});

const points = ({ from, to, low, mean, high }: ThinnedCurve) => mean.map((value, part) => [from[part], to[part], value, high[part]! - low[part]!]);

describe('a closer look at a curve', () => {
  const whole = curve(40, [0, 9, 1], [10, 19, 2], [20, 29, 3], [30, 39, 4]);

  it('lies at places that are shares of the whole', () => {
    expect(placesIn([100, 500], [0.25, 0.5])).toEqual([200, 300]);
    expect(sharesIn([100, 500], [200, 300])).toEqual([0.25, 0.5]);
  });

  it('is worth its while where there is more than the curve shows', () => {
    expect(isThinned(whole)).toBe(true);
    expect(isThinned(curve(2, [0, 0, 1], [1, 1, 2]))).toBe(false);
  });

  it('takes some places on either side, as far as there are any', () => {
    expect(rangeOf([whole, curve(1, [5, 60, 1])])).toEqual([0, 60]);
    expect(rangeOf([])).toBeUndefined();
    expect(placesOf([100, 200], [0.4, 0.6])).toEqual([135, 165]);
    expect(placesOf([100, 200], [0, 0.4])).toEqual([100, 150]);
    expect(placesOf([100, 200], [0.6, 1])).toEqual([150, 200]);
  });

  it('has its own points in the middle and the others around them', () =>
    expect(points(refined(whole, curve(20, [10, 14, 7], [15, 19, 8], [20, 24, 9], [25, 29, 10])))).toEqual([
      [0, 9, 1, 2],
      [10, 14, 7, 2],
      [15, 19, 8, 2],
      [20, 24, 9, 2],
      [25, 29, 10, 2],
      [30, 39, 4, 2],
    ]));

  it('leaves of a part that reaches beyond what lies there, so that places still ascend', () =>
    expect(points(refined(whole, curve(10, [14, 18, 7], [19, 23, 8])))).toEqual([
      [0, 9, 1, 2],
      [10, 14, 2, 2],
      [14, 18, 7, 2],
      [19, 23, 8, 2],
      [23, 29, 3, 2],
      [30, 39, 4, 2],
    ]));

  it('within one part stands between its two ends', () =>
    expect(points(refined(whole, curve(4, [12, 13, 7], [14, 15, 8])))).toEqual([
      [0, 9, 1, 2],
      [10, 12, 2, 2],
      [12, 13, 7, 2],
      [14, 15, 8, 2],
      [15, 19, 2, 2],
      [20, 29, 3, 2],
      [30, 39, 4, 2],
    ]));

  it('replaces all of it where it reaches from end to end, and nothing where it found nothing', () => {
    const all = curve(40, [0, 20, 5], [21, 39, 6]);
    expect(points(refined(whole, all))).toEqual(points(all));
    expect(refined(whole, undefined)).toBe(whole);
  });
});
