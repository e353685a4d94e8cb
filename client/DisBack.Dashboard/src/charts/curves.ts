import { figure } from '../format/numbers';
import { band } from './band';
import { curveColor, type ChartColors } from './colors';
import type { Option } from './echarts';
import { axisLook, numberAxis, tooltipLook } from './look';

/** A curve of a chart. */
export type Curve = {
  name: string;
  x: readonly number[];
  y: readonly number[];
  /** The bounds of each part of a thinned curve, drawn as a band. */
  low?: readonly number[];
  high?: readonly number[];
  color?: string;
  dashed?: boolean;
};

/** A place on the horizontal axis, for example where the target of a student was switched. */
export type Mark = { x: number; label: string };

export type CurveLook = {
  /** What lies on the horizontal axis, with its unit. */
  over: string;
  logarithmic: boolean;
  /** 0 shows what was measured; up to 1 the average of ever more before it. */
  smoothing: number;
  marks: readonly Mark[];
  /** Where the horizontal axis begins and ends, so that charts beside one another agree; otherwise where the curves do. */
  range?: readonly [number, number];
  /** The part of it that is looked at, where it is not all. */
  zoom?: readonly [number, number] | undefined;
  /** Whether places between whole numbers mean nothing. */
  whole?: boolean;
  /** Whether a box tells the values of all curves where the pointer is; of many it would be longer than the chart. */
  tells?: boolean;
  /** How values of the horizontal axis are written. */
  place: (x: number) => string;
};

/** The exponentially weighted average of a curve, without the bias of its beginning. */
export function smooth(values: readonly number[], weight: number): number[] {
  let sum = 0;
  let total = 0;
  return values.map(value => {
    sum = weight * sum + (1 - weight) * value;
    total = weight * total + (1 - weight);
    return sum / total;
  });
}

/** So many curves are drawn thinner. */
const many = 30;

/** Points in one row of numbers, which is drawn quicker than a list of pairs. What is not positive has no place on a logarithmic axis. */
function flat(x: readonly number[], y: readonly number[], logarithmic: boolean): Float64Array {
  const row = new Float64Array(2 * x.length);
  x.forEach((place, part) => {
    row[2 * part] = place;
    row[2 * part + 1] = logarithmic && y[part]! <= 0 ? NaN : y[part]!;
  });
  return row;
}

/** A chart of curves. */
export function curveChart(curves: readonly Curve[], look: CurveLook, colors: ChartColors): Option {
  const width = curves.length > many ? 1 : 1.6;
  const series: unknown[] = [];
  curves.forEach((curve, number) => {
    const color = curve.color ?? curveColor(number);
    const y = look.smoothing > 0 ? smooth(curve.y, look.smoothing) : curve.y;
    const few = curve.x.length <= 40;
    if (curve.low && curve.high && look.smoothing === 0 && curve.low.some((low, part) => low !== curve.high![part])) {
      series.push(band(curve.name, curve.x, curve.low, curve.high, color, look.logarithmic));
    }
    series.push({
      type: 'line',
      name: curve.name,
      showSymbol: few,
      symbol: 'circle',
      symbolSize: 5,
      color,
      lineStyle: { width, color, type: curve.dashed ? 'dashed' : 'solid' },
      emphasis: { focus: 'series', lineStyle: { width: 2.6 } },
      blur: { lineStyle: { opacity: 0.15 } },
      dimensions: ['x', 'y'],
      data: flat(curve.x, y, look.logarithmic),
      z: 2,
      ...(number === 0 && look.marks.length > 0
        ? {
            markLine: {
              silent: true,
              symbol: 'none',
              lineStyle: { color: colors.quiet, type: [4, 4], width: 1, opacity: 0.8 },
              label: { color: colors.quiet, fontSize: 10, position: 'end', distance: 4, formatter: (mark: { name: string }) => mark.name },
              data: look.marks.map(mark => ({ xAxis: mark.x, name: mark.label })),
            },
          }
        : {}),
    });
  });
  const axis = axisLook(colors);
  return {
    grid: { left: 8, right: 16, top: look.marks.length > 0 ? 20 : 10, bottom: look.over === '' ? 4 : 26, containLabel: true },
    tooltip: {
      ...tooltipLook(colors),
      show: look.tells ?? true,
      trigger: 'axis',
      order: 'valueAsc',
      valueFormatter: (value: unknown) => figure(typeof value === 'number' ? value : null),
      axisPointer: { lineStyle: { color: colors.quiet }, label: { formatter: ({ value }: { value: number }) => look.place(value) } },
    },
    toolbox: { show: true, itemSize: 0, feature: { dataZoom: { yAxisIndex: 'none', brushStyle: { color: colors.accent, opacity: 0.12 } } } },
    dataZoom: [
      {
        type: 'inside',
        filterMode: 'none',
        zoomOnMouseWheel: 'ctrl',
        moveOnMouseMove: 'shift',
        moveOnMouseWheel: false,
        ...(look.zoom ? { startValue: look.zoom[0], endValue: look.zoom[1] } : {}),
      },
    ],
    xAxis: {
      ...axis,
      type: 'value',
      min: look.range?.[0] ?? 'dataMin',
      max: look.range?.[1] ?? 'dataMax',
      minInterval: look.whole ? 1 : undefined,
      name: look.over,
      nameLocation: 'middle',
      nameGap: 26,
      splitLine: { show: false },
      axisLabel: { color: colors.quiet, hideOverlap: true, formatter: look.place },
    },
    yAxis: {
      ...axis,
      ...numberAxis(look.logarithmic),
      axisLabel: { color: colors.quiet, formatter: (value: number) => figure(value) },
    },
    series,
  } as Option;
}
