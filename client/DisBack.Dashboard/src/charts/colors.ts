// Told apart by eyes of every kind, on a light and on a dark ground (after Okabe and Ito, 2008); the first five are those of reports.

const curves = ['#1a7bbd', '#d55e00', '#009e73', '#c0649a', '#80868f', '#a58200', '#5b6bd6', '#0f9bb3', '#b4513f', '#6f8f1f'];

/** The color of a curve, by its number. */
export const curveColor = (number: number): string => curves[number % curves.length]!;

/** The colors that charts share with the page. */
export type ChartColors = {
  ink: string;
  quiet: string;
  line: string;
  card: string;
  raised: string;
  accent: string;
  good: string;
  bad: string;
  warn: string;
  /** From what hardly stands out to what stands out most: the lightness alone tells the order. */
  ramp: readonly string[];
};

const ramps = {
  light: ['#cfd6df', '#8fbbdc', '#3f86d6', '#2447b8', '#1a1670'],
  dark: ['#3a444f', '#2f6d96', '#38a3b5', '#8fd19a', '#f6ee9a'],
};

/** As the page has them now. */
export function pageColors(): ChartColors {
  const style = getComputedStyle(document.documentElement);
  const of = (name: string) => style.getPropertyValue(`--${name}`).trim();
  return {
    ink: of('ink'),
    quiet: of('quiet'),
    line: of('line'),
    card: of('card'),
    raised: of('raised'),
    accent: of('accent'),
    good: of('good'),
    bad: of('bad'),
    warn: of('warn'),
    ramp: document.documentElement.dataset.theme === 'dark' ? ramps.dark : ramps.light,
  };
}

const channels = (color: string) => [1, 3, 5].map(at => parseInt(color.slice(at, at + 2), 16));

/** The color of a share between 0 and 1 of a ramp. */
export function rampColor(ramp: readonly string[], share: number): string {
  const place = Math.min(1, Math.max(0, share)) * (ramp.length - 1);
  const below = Math.min(ramp.length - 2, Math.floor(place));
  const [low, high] = [channels(ramp[below]!), channels(ramp[below + 1]!)];
  return `rgb(${low.map((value, at) => Math.round(value + (high[at]! - value) * (place - below))).join(',')})`;
}
