import type { ThinnedCurve } from '../api/types';

// A chart that is zoomed into has finer points there and those of the whole around them.

/** Where something begins and ends. */
export type Range = readonly [from: number, to: number];

/** So much of what is looked at is fetched on either side, so that lines enter and leave where they should and a short way along is there already. */
const margin = 0.25;

/** The places that shares of a range stand for, and the other way round. */
export const placesIn = ([first, last]: Range, [start, end]: Range): Range => [first + start * (last - first), first + end * (last - first)];
export const sharesIn = ([first, last]: Range, [from, to]: Range): Range => [(from - first) / (last - first), (to - first) / (last - first)];

/** Where curves begin and end together. */
export function rangeOf(curves: readonly ThinnedCurve[]): [number, number] | undefined {
  const [first, last] = [Math.min(...curves.map(curve => curve.from[0] ?? Infinity)), Math.max(...curves.map(curve => curve.to.at(-1) ?? -Infinity))];
  return first < last ? [first, last] : undefined;
}

/** The places to fetch for a part of a range that is given in shares of it. */
export function placesOf([first, last]: Range, [start, end]: Range): Range {
  const more = margin * (end - start);
  const at = (share: number) => first + Math.min(1, Math.max(0, share)) * (last - first);
  return [at(start - more), at(end + more)];
}

/** Whether a part of a curve has more points than the curve shows. */
export const isThinned = ({ measured, from }: ThinnedCurve): boolean => measured > from.length;

/** A curve with the points of a closer look in the place of its own there; a part that reaches beyond stays beside them. */
export function refined(whole: ThinnedCurve, closer: ThinnedCurve | undefined): ThinnedCurve {
  if (!closer) {
    return whole;
  }
  const [first, last] = [closer.from[0]!, closer.to.at(-1)!];
  const before = whole.from.filter(from => from < first).length;
  const after = whole.to.findIndex(to => to > last);
  const joined = (key: 'from' | 'to' | 'low' | 'mean' | 'high') => [
    ...whole[key].slice(0, before),
    ...closer[key],
    ...(after < 0 ? [] : whole[key].slice(after)),
  ];
  return {
    ...whole,
    from: joined('from').map((from, part) => (after >= 0 && part === before + closer.from.length ? Math.max(from, last) : from)),
    to: joined('to').map((to, part) => (part === before - 1 ? Math.min(to, first) : to)),
    low: joined('low'),
    mean: joined('mean'),
    high: joined('high'),
  };
}
