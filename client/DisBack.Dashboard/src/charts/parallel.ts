import { figure } from '../format/numbers';
import type { ChartColors } from './colors';
import { placeOf, type Dimension } from './dimensions';
import type { Option } from './echarts';
import { numberAxis, tooltipLook, tooltipText } from './look';

/** One item of a chart over dimensions. */
export type Item = {
  name: string;
  color: string;
  /** Higher ones are drawn over lower ones. */
  prominence: number;
  /** What is said of it beside its name. */
  facts: readonly (readonly [string, string])[];
};

/** A line for each item through its values on parallel axes; parts of the axes can be chosen by dragging along them. */
export function parallelChart(dimensions: readonly Dimension[], items: readonly Item[], colors: ChartColors): Option {
  const many = items.length > 200;
  const order = items.map((_, at) => at).sort((a, b) => items[a]!.prominence - items[b]!.prominence);
  const activeColor = { color: colors.accent, borderColor: colors.accent };
  return {
    tooltip: { ...tooltipLook(colors), trigger: 'item', formatter: ({ name }: { name: string }) => tipOf(items[Number(name)]) },
    parallel: { left: 72, right: 72, top: 34, bottom: 22 },
    parallelAxis: dimensions.map((dimension, at) => {
      const places = dimension.logarithmic ? { customValues: logarithmicLabels(dimension) } : {};
      return {
        id: dimension.name,
        dim: at,
        name: dimension.label,
        nameLocation: 'end',
        nameGap: 14,
        nameTruncate: { maxWidth: 138 },
        nameTextStyle: { color: colors.ink, fontSize: 11 },
        axisLine: { lineStyle: { color: colors.quiet } },
        axisTick: { show: !dimension.categories, lineStyle: { color: colors.quiet }, ...places },
        z: 4,
        axisLabel: {
          color: colors.quiet,
          fontSize: 10,
          // Lines do not strike through it.
          backgroundColor: colors.card,
          padding: [1, 2],
          hideOverlap: true,
          ...(dimension.categories ? { width: 90, overflow: 'truncate' } : { formatter: (value: number) => figure(value) }),
          ...places,
        },
        areaSelectStyle: { width: 20, opacity: 0.22, borderWidth: 1, ...activeColor },
        ...(dimension.categories ? { type: 'category', data: [...dimension.categories] } : numberAxis(dimension.logarithmic)),
      };
    }),
    series: [
      {
        type: 'parallel',
        smooth: false,
        progressive: 1000,
        inactiveOpacity: many ? 0.02 : 0.05,
        activeOpacity: 1,
        lineStyle: { width: many ? 1 : 1.6, opacity: items.length > 2000 ? 0.4 : 0.8 },
        emphasis: { lineStyle: { width: 3.2, opacity: 1 } },
        data: order.map(at => ({
          name: String(at),
          value: dimensions.map(dimension => placeOf(dimension, at) ?? '-'),
          lineStyle: { color: items[at]!.color },
        })),
      },
    ],
  } as Option;
}

/** What a logarithmic axis is labeled with: where it begins and ends, and the powers of ten between that have room. */
export function logarithmicLabels({ values }: Pick<Dimension, 'values'>): number[] {
  const positive = values.filter(value => typeof value === 'number' && value > 0) as number[];
  if (positive.length === 0) {
    return [];
  }
  const [least, most] = [Math.min, Math.max].map(of => positive.reduce((a, b) => of(a, b))) as [number, number];
  const room = (most / least) ** 0.08;
  const [low, high] = [Math.ceil(Math.log10(least * room)), Math.floor(Math.log10(most / room))];
  const powers = high < low ? [] : Array.from({ length: high - low + 1 }, (_, at) => 10 ** (low + at));
  return [...new Set([least, ...powers, most])];
}

/** What the box of an item says. */
export const tipOf = (item: Item | undefined) => (item ? tooltipText(item.name, item.facts) : '');
