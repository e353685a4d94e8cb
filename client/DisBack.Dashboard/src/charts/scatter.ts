import { figure } from '../format/numbers';
import type { ChartColors } from './colors';
import { placeOf, type Dimension } from './dimensions';
import type { Option } from './echarts';
import { axisLook, numberAxis, tooltipLook } from './look';
import { tipOf, type Item } from './parallel';

/** How far the items of one category are spread, of the distance to the next: beside one another, or they would hide each other. */
const spread = 0.5;

/** A point for each item that has both values; those that are not chosen are faint. */
export function scatterChart(x: Dimension, y: Dimension, items: readonly Item[], chosen: ReadonlySet<number> | undefined, colors: ChartColors): Option {
  const size = items.length > 2000 ? 4 : items.length > 200 ? 6 : 9;
  const data = items
    .flatMap((item, at) => {
      const [left, up] = [spreadPlace(x, at, items.length), spreadPlace(y, at, items.length)];
      return left === null || up === null ? [] : [{ name: String(at), value: [left, up], item, faint: chosen !== undefined && !chosen.has(at) }];
    })
    .sort((a, b) => Number(b.faint) - Number(a.faint) || a.item.prominence - b.item.prominence)
    .map(({ name, value, item, faint }) => ({ name, value, itemStyle: { color: item.color, opacity: faint ? 0.12 : 0.9 } }));
  return {
    grid: { left: 8, right: 16, top: 22, bottom: 26, containLabel: true },
    tooltip: { ...tooltipLook(colors), trigger: 'item', formatter: ({ name }: { name: string }) => tipOf(items[Number(name)]) },
    xAxis: { ...axisOf(x, colors), nameLocation: 'middle', nameGap: 26 },
    yAxis: { ...axisOf(y, colors), nameLocation: 'end', nameGap: 8, nameTextStyle: { color: colors.quiet, align: 'left', padding: [0, 0, 0, -30] } },
    series: [
      {
        type: 'scatter',
        clip: false,
        symbolSize: size,
        data,
        itemStyle: { borderColor: colors.card, borderWidth: size > 5 ? 1 : 0 },
        emphasis: { scale: 1.6 },
      },
    ],
  } as Option;
}

function spreadPlace(dimension: Dimension, item: number, count: number): number | null {
  const place = placeOf(dimension, item);
  return place === null || !dimension.categories ? place : place + spread * ((item + 0.5) / count - 0.5);
}

function axisOf(dimension: Dimension, colors: ChartColors) {
  const { categories, logarithmic, label } = dimension;
  const look = { ...axisLook(colors), name: label };
  return categories
    ? {
        ...look,
        type: 'value',
        min: -0.5,
        max: categories.length - 0.5,
        splitLine: { show: false },
        axisLabel: {
          color: colors.quiet,
          customValues: categories.map((_, at) => at),
          formatter: (at: number) => categories[at] ?? '',
          width: 110,
          overflow: 'truncate',
          hideOverlap: true,
        },
      }
    : { ...look, ...numberAxis(logarithmic), axisLabel: { color: colors.quiet, hideOverlap: true, formatter: (value: number) => figure(value) } };
}
