import type { NodeRef, TrajectoryDocument } from '../../api/types';
import type { ChartColors } from '../../charts/colors';
import { curveChart, type Curve } from '../../charts/curves';
import type { Option } from '../../charts/echarts';

export type Measure = 'output_distance' | 'weight_distance' | 'loss';

/** How trajectories are told apart where there are several. */
export const titleOf = ({ name, id }: { name: string; id: string }): string => `${name} ${id.slice(0, 8)}`;

/** What was measured of the nodes, a curve for each trajectory. */
export function nodeCurves(trajectories: readonly TrajectoryDocument[], measure: Measure): Curve[] {
  return trajectories.map(trajectory => {
    const measured = trajectory.nodes.flatMap((node: NodeRef) => (node[measure] === null ? [] : [{ x: node.index, y: Number(node[measure]) }]));
    return { name: titleOf(trajectory), x: measured.map(point => point.x), y: measured.map(point => point.y) };
  });
}

/** A chart over the nodes in the direction in which students walk, as the strip has them. */
export function nodeChart(curves: readonly Curve[], colors: ChartColors): Option {
  const chart = curveChart(curves, { over: 'node', logarithmic: false, smoothing: 0, marks: [], place: node => String(node) }, colors);
  return {
    ...chart,
    xAxis: { ...(chart['xAxis'] as object), inverse: true, minInterval: 1 },
    yAxis: { ...(chart['yAxis'] as object), position: 'left' },
  } as Option;
}
