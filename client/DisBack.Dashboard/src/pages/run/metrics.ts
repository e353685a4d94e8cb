import type { SwitchRecord, ThinnedCurve } from '../../api/types';
import type { Mark } from '../../charts/curves';
import { count, duration, figure } from '../../format/numbers';

/** What curves can be laid over: the name in addresses and the API, for people, and below a chart. */
export const places = [
  { name: 'step', text: 'Step', over: 'step' },
  { name: 'images', text: 'Images', over: 'images made in training' },
  { name: 'device-seconds', text: 'Device time', over: 'time in attempts' },
  { name: 'wall-time', text: 'Wall time', over: 'time since submission' },
  { name: 'position', text: 'Position on the trajectory', over: 'node that the student walks towards' },
] as const;

export type Place = (typeof places)[number]['name'];

export const placeOf = (text: string): Place => places.find(place => place.name === text)?.name ?? 'step';

/** A value of the horizontal axis in words. Positions are nodes times -1, so that they ascend. */
export function placeText(place: Place, value: number): string {
  switch (place) {
    case 'device-seconds':
    case 'wall-time':
      return value === 0 ? '0' : duration(value);
    case 'position':
      return value === 0 ? 'teacher' : `node ${figure(-value)}`;
    default:
      return count(value);
  }
}

/** Drawn as marks in the other charts instead of as a chart. */
export const targetMetric = 'target_index';

const order = [/^fid$/, /^fid\//, /^accuracy$/, /^accuracy\//, /^kid/, /^loss$/, /^loss\//, /^score_gap/];

/** Metrics in the order in which people look at them: first how good the samples are, then how training goes. */
export function ordered(names: Iterable<string>): string[] {
  const rank = (name: string) => {
    const at = order.findIndex(pattern => pattern.test(name));
    return at < 0 ? order.length : at;
  };
  return [...new Set(names)].filter(name => name !== targetMetric).sort((a, b) => rank(a) - rank(b) || a.localeCompare(b));
}

/** A curve as it lies on the chart: a student walks towards node 0, the teacher, so positions are drawn the other way round. */
export const laidOut = (curve: ThinnedCurve, place: Place): ThinnedCurve =>
  place === 'position' ? { ...curve, from: curve.from.map(node => 0 - node), to: curve.to.map(node => 0 - node) } : curve;

/** The middle of each part of a thinned curve. */
export const middles = (curve: ThinnedCurve): number[] => curve.from.map((from, part) => (from + curve.to[part]!) / 2);

/** What a mark says of a switch: the node that is the target from there on, 0 for the teacher. */
export const switchLabel = (target: number): string => String(target);

/** Where a run begins and where its target is switched, with the node that is the target from there on; nothing where it was not switched. */
export const switchesOf = (switches: readonly SwitchRecord[], begins: number): Mark[] =>
  switches.length === 0 ? [] : [{ x: begins, label: switchLabel(switches[0]!.from) }, ...switches.map(({ step, to }) => ({ x: step, label: switchLabel(to) }))];

/** The same of a curve of targets. */
export function switchesIn(curve: ThinnedCurve): Mark[] {
  const marks: Mark[] = [];
  let before = curve.high[0];
  curve.low.forEach((low, part) => {
    if (before !== undefined && low < before) {
      marks.push({ x: curve.to[part]!, label: switchLabel(low) });
      before = low;
    }
  });
  return marks.length === 0 ? [] : [{ x: curve.from[0]!, label: switchLabel(curve.high[0]!) }, ...marks];
}
