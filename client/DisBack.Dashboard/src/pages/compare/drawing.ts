import type { ThinnedCurve } from '../../api/types';
import { curveColor } from '../../charts/colors';
import { smooth, type Curve } from '../../charts/curves';
import type { Drawn } from '../../charts/nearest';
import { armCurve } from './arms';
import { placings, type By } from './places';
import type { Group } from './runs';

/** So many curves can be told apart with the bounds of their parts behind them. */
const mostBands = 6;

/** What a chart draws of a group. */
export type GroupCurve = Curve & { group: Group };

/** The curve of each group that has measured a metric, with smoothing from 0 to 1. */
export function groupCurves(groups: readonly Group[], curves: readonly ThinnedCurve[], metric: string, by: By, smoothing: number): GroupCurve[] {
  const { x } = placings[by];
  const measured = new Map(curves.filter(curve => curve.metric === metric).map(curve => [curve.run, curve]));
  const eased = (values: readonly number[]) => (smoothing > 0 ? smooth(values, smoothing) : [...values]);
  return groups.flatMap(group => {
    const own = group.runs.flatMap(run => measured.get(run.id) ?? []);
    const look = { name: group.label, color: curveColor(group.number), group };
    if (own.length === 0) {
      return [];
    }
    if (group.runs.length > 1) {
      const arm = armCurve(own.map(curve => ascending({ x: curve.to.map(place => x(Number(place))), y: curve.mean.map(Number) })));
      return [{ ...look, x: arm.x, y: eased(arm.mean), low: eased(arm.low), high: eased(arm.high) }];
    }
    const [curve] = own;
    const bounds = groups.length <= mostBands && smoothing === 0 ? { low: curve!.low.map(Number), high: curve!.high.map(Number) } : {};
    return [{ ...look, ...ascending({ x: curve!.to.map(place => x(Number(place))), y: eased(curve!.mean.map(Number)) }), ...bounds }];
  });
}

/** A student that returns to a node, or the clock of another machine, does not take back what the run has used. */
function ascending({ x, y }: Drawn): Drawn {
  let most = -Infinity;
  return { x: x.map(place => (most = Math.max(most, place))), y };
}
