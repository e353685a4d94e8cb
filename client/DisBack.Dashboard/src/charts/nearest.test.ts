import { expect, it } from 'vitest';
import { heightAt, lastAtMost, nearestCurve } from './nearest';

it('finds the last number that is at most a value', () => {
  expect([0, 1, 2, 3, 9].map(value => lastAtMost([1, 2, 2, 5], value))).toEqual([-1, 0, 2, 2, 3]);
});

it('a curve has a height between its ends only', () => {
  const curve = { x: [1, 3], y: [10, 20] };
  expect([0, 1, 2, 3, 4].map(place => heightAt(curve, place))).toEqual([null, 10, 15, 20, null]);
});

it('the nearest curve is that which passes closest, within a distance', () => {
  const curves = [
    { x: [0, 2], y: [0, 0] },
    { x: [0, 2], y: [4, 8] },
  ];
  const from = (height: number) => (each: number) => Math.abs(each - height);
  expect(nearestCurve(curves, 1, from(5), 10)).toEqual({ curve: 1, height: 6 });
  expect(nearestCurve(curves, 1, from(2), 10)).toEqual({ curve: 0, height: 0 });
  expect(nearestCurve(curves, 1, from(20), 10)).toBeUndefined();
  expect(nearestCurve(curves, 3, from(0), 10)).toBeUndefined();
});
