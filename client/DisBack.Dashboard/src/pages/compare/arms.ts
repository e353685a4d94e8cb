import { heightAt, type Drawn } from '../../charts/nearest';
import { meanOf } from './runs';

/** The mean of the runs of an arm, and a standard deviation on both sides of it. */
export type ArmCurve = { x: number[]; mean: number[]; low: number[]; high: number[] };

/** More places than a chart is wide are of no use. */
const mostPlaces = 500;

/**
 * The curves of an arm as one. A run counts from its first measurement to its last, on the line between its measurements, as it would be drawn by itself. Where
 * less than half of the runs count there is no mean: it would be that of those which began first, or took longest.
 */
export function armCurve(curves: readonly Drawn[]): ArmCurve {
  const all = [...new Set(curves.flatMap(curve => [...curve.x]))].sort((a, b) => a - b);
  const places = all.length <= mostPlaces ? all : Array.from({ length: mostPlaces }, (_, at) => all[Math.round((at * (all.length - 1)) / (mostPlaces - 1))]!);
  const arm: ArmCurve = { x: [], mean: [], low: [], high: [] };
  for (const place of places) {
    const values = curves.map(curve => heightAt(curve, place)).filter(value => value !== null);
    const middle = meanOf(values);
    if (middle && 2 * values.length >= curves.length) {
      arm.x.push(place);
      arm.mean.push(middle.mean);
      arm.low.push(middle.mean - (middle.deviation ?? 0));
      arm.high.push(middle.mean + (middle.deviation ?? 0));
    }
  }
  return arm;
}
