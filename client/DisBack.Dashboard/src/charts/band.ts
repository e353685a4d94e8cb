/** What ECharts gives to whoever draws an item of a series. */
type Drawing = { coord: (point: [number, number]) => [number, number] };

/** The area between two bounds, as a series; on a logarithmic axis it ends above 0. */
export function band(name: string, x: readonly number[], low: readonly number[], high: readonly number[], color: string, logarithmic: boolean) {
  const drawn = x.map((_, part) => part).filter(part => Number.isFinite(low[part]) && Number.isFinite(high[part]) && (!logarithmic || low[part]! > 0));
  return {
    type: 'custom',
    name,
    silent: true,
    clip: true,
    z: 1,
    tooltip: { show: false },
    // One item is the whole area, so the axes are told its extent by the points beside it.
    data: drawn.flatMap(part => [
      [x[part], low[part]],
      [x[part], high[part]],
    ]),
    color,
    blur: { itemStyle: { opacity: 0.05 } },
    renderItem: ({ dataIndex }: { dataIndex: number }, { coord }: Drawing) =>
      dataIndex > 0
        ? undefined
        : {
            type: 'polygon',
            silent: true,
            shape: {
              points: [...drawn.map(part => coord([x[part]!, low[part]!])), ...drawn.toReversed().map(part => coord([x[part]!, high[part]!]))],
            },
            style: { fill: color, opacity: 0.16 },
            blur: { style: { opacity: 0.04 } },
          },
  };
}
