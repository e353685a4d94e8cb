import type { SweepTrial } from '../../api/types';
import type { ChartColors } from '../../charts/colors';
import { finite, spans } from '../../charts/dimensions';
import type { Option } from '../../charts/echarts';
import { axisLook, numberAxis, tooltipLook, tooltipText } from '../../charts/look';
import { count, figure } from '../../format/numbers';
import { rungPlace, type Stopping } from './plan';
import { stateOf, trialStates, type TrialState } from './standing';
import { stateColor } from './stateColors';

/** So many trials are drawn without points, which are slow to draw and would hide one another. */
const many = 1000;

/** A line for each trial through what it measured at the rungs; it ends where the trial was stopped. */
export function rungChart(trials: readonly SweepTrial[], reached: readonly number[], stopping: Stopping, metric: string, colors: ChartColors): Option {
  const rungs = reached.map((_, rung) => rungPlace(stopping, rung));
  const unit = stopping.by === 'positions' ? 'position' : 'step';
  return {
    grid: { left: 8, right: 24, top: 22, bottom: 4, containLabel: true },
    tooltip: {
      ...tooltipLook(colors),
      trigger: 'item',
      formatter: ({ name }: { name: string }) => {
        const trial = trials.find(each => each.ordinal === Number(name))!;
        const values = trial.rungs.map((value, rung) => [`${unit} ${count(rungs[rung]!)}`, figure(value)] as const);
        return tooltipText(`Trial ${trial.ordinal}, ${stateOf(trial)}`, values);
      },
    },
    xAxis: {
      ...axisLook(colors),
      type: 'category',
      boundaryGap: rungs.length === 1,
      data: rungs.map((place, rung) => `${unit} ${count(place)}\n${count(reached[rung]!)} ${reached[rung] === 1 ? 'trial' : 'trials'}`),
      axisLabel: { color: colors.quiet, lineHeight: 15 },
    },
    yAxis: {
      ...axisLook(colors),
      ...numberAxis(spans(trials.flatMap(trial => trial.rungs.map(finite)))),
      name: metric,
      nameGap: 8,
      nameTextStyle: { color: colors.quiet, align: 'left', padding: [0, 0, 0, -30] },
      axisLabel: { color: colors.quiet, hideOverlap: true, formatter: (value: number) => figure(value) },
    },
    series: statesDrawn(trials).map(([state, some]) => ({
      name: state,
      type: 'line',
      showSymbol: trials.length <= many,
      symbol: 'circle',
      symbolSize: trials.length > 200 ? 4 : 6,
      color: stateColor(state, colors),
      lineStyle: { width: trials.length > 200 ? 1 : 1.6, opacity: state === 'pruned' ? 0.5 : 0.85 },
      // One line for all trials of a state, interrupted between them: a series for each would take seconds.
      data: some.flatMap(trial => [
        ...trial.rungs.map((value, rung) => ({ name: String(trial.ordinal), value: [rung, finite(value) ?? '-'] })),
        { value: [trial.rungs.length - 1, '-'] },
      ]),
    })),
  } as Option;
}

/** The trials by their states; those that went on lie over those that were stopped. */
function statesDrawn(trials: readonly SweepTrial[]): [TrialState, SweepTrial[]][] {
  const states = new Map<TrialState, SweepTrial[]>(trialStates.map(state => [state, []]));
  for (const trial of trials) {
    states.get(stateOf(trial))!.push(trial);
  }
  return [...states].filter(([, some]) => some.length > 0).sort(([a], [b]) => Number(b === 'pruned') - Number(a === 'pruned'));
}
