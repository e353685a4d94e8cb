import type { ChartColors } from '../../charts/colors';
import { spans } from '../../charts/dimensions';
import type { Option } from '../../charts/echarts';
import { axisLook, numberAxis, tooltipLook, tooltipText } from '../../charts/look';
import { count, duration, figure } from '../../format/numbers';
import type { Over, Place } from './standing';

/** The value of each trial, and a line of the best so far. */
export function bestChart(metric: string, over: Over, places: readonly Place[], best: readonly (readonly [number, number])[], colors: ChartColors): Option {
  const place = (x: number) => (over === 'trials' ? count(x) : x === 0 ? '0' : duration(x));
  return {
    grid: { left: 8, right: 16, top: 22, bottom: 26, containLabel: true },
    tooltip: {
      ...tooltipLook(colors),
      trigger: 'item',
      formatter: ({ dataIndex }: { dataIndex: number }) => {
        const { trial, x, y } = places[dataIndex]!;
        return tooltipText(`Trial ${trial.ordinal}`, [[metric, figure(y)], ...(over === 'trials' ? [] : [['ended after', duration(x)] as const])]);
      },
    },
    xAxis: {
      ...axisLook(colors),
      type: 'value',
      name: over === 'trials' ? 'trial' : 'device time of all trials',
      nameLocation: 'middle',
      nameGap: 26,
      minInterval: over === 'trials' ? 1 : undefined,
      splitLine: { show: false },
      axisLabel: { color: colors.quiet, hideOverlap: true, formatter: place },
    },
    yAxis: {
      ...axisLook(colors),
      ...numberAxis(spans(places.map(({ y }) => y))),
      name: metric,
      nameGap: 8,
      nameTextStyle: { color: colors.quiet, align: 'left', padding: [0, 0, 0, -30] },
      axisLabel: { color: colors.quiet, hideOverlap: true, formatter: (value: number) => figure(value) },
    },
    series: [
      {
        name: 'a trial',
        type: 'scatter',
        symbolSize: places.length > 2000 ? 4 : places.length > 200 ? 5 : 8,
        itemStyle: { color: colors.accent, opacity: 0.55 },
        data: places.map(({ trial, x, y }) => ({ name: String(trial.ordinal), value: [x, y] })),
      },
      {
        name: 'best so far',
        type: 'line',
        step: 'end',
        silent: true,
        symbol: 'none',
        lineStyle: { color: colors.good, width: 2.2 },
        data: best.map(point => [...point]),
      },
    ],
  } as Option;
}
