import type { ChartColors } from './colors';

// What the charts of the page have in common.

/** The lines and texts of an axis. */
export const axisLook = (colors: ChartColors) => ({
  axisLine: { onZero: false, lineStyle: { color: colors.line } },
  axisTick: { show: false },
  nameTextStyle: { color: colors.quiet },
  splitLine: { lineStyle: { color: colors.line, opacity: 0.6 } },
});

/** What an axis of numbers lays out evenly. Left to itself a logarithmic one goes on to the next power of ten, and half of the chart is empty. */
export const numberAxis = (logarithmic: boolean) => (logarithmic ? { type: 'log', min: 'dataMin', max: 'dataMax' } : { type: 'value', scale: true });

/** The box that tells what the pointer is on. */
export const tooltipLook = (colors: ChartColors) => ({
  confine: true,
  backgroundColor: colors.raised,
  borderColor: colors.line,
  textStyle: { color: colors.ink, fontSize: 12 },
});

/** What such a box says, as elements: names come from specs, and must never be read as HTML. */
export function tooltipText(title: string, facts: readonly (readonly [name: string, value: string])[]): HTMLElement {
  const box = document.createElement('div');
  box.className = 'chart-tip';
  const head = document.createElement('strong');
  head.textContent = title;
  const list = document.createElement('dl');
  for (const [name, value] of facts) {
    const [term, description] = [document.createElement('dt'), document.createElement('dd')];
    term.textContent = name;
    description.textContent = value;
    list.append(term, description);
  }
  box.append(head, list);
  return box;
}
