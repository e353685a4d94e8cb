// Numbers as people read them: with thousands apart, and no more digits than mean something.

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const figures = new Intl.NumberFormat('en', { maximumSignificantDigits: 4 });
const two = new Intl.NumberFormat('en', { maximumSignificantDigits: 2 });
const short = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });

/** A count. */
export const count = (value: number): string => whole.format(value);

/** A measured value in four significant digits; very small and very large ones with an exponent. */
export function figure(value: number | string | null | undefined): string {
  if (value === null || value === undefined) {
    return '–';
  }
  const number = Number(value);
  if (!Number.isFinite(number)) {
    return Number.isNaN(number) ? 'NaN' : number > 0 ? '∞' : '−∞';
  }
  const size = Math.abs(number);
  if (size !== 0 && (size < 1e-4 || size >= 1e7)) {
    return number
      .toExponential(2)
      .replace(/\.?0+e/, 'e')
      .replace('e+', 'e')
      .replace('-', '−');
  }
  return figures.format(number).replace('-', '−');
}

/** Something measured that is another in a moment, for example a speed. */
export const roughly = (value: number): string => two.format(value);

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** A size in bytes. */
export function bytes(value: number): string {
  const power = Math.min(units.length - 1, value < 1 ? 0 : Math.floor(Math.log2(value) / 10));
  return `${short.format(value / 2 ** (10 * power))} ${units[power]}`;
}

/** A length of time, in the two largest units that it has. */
export function duration(seconds: number): string {
  if (seconds < 0.9995) {
    return `${short.format(seconds * 1000)} ms`;
  }
  if (seconds < 59.95) {
    return `${short.format(seconds)} s`;
  }
  const minutes = Math.round(seconds / 60);
  if (seconds < 3600) {
    return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
  }
  return minutes < 48 * 60 ? `${Math.floor(minutes / 60)} h ${minutes % 60} min` : `${Math.floor(minutes / 1440)} d ${Math.floor((minutes % 1440) / 60)} h`;
}

/** A length of time that is an estimate: seconds of what is nearly over, minutes of more. */
export function estimate(seconds: number): string {
  const minutes = Math.round(seconds / 60);
  return seconds < 99.5 ? `${Math.round(seconds)} s` : minutes < 60 ? `${minutes} min` : duration(60 * minutes);
}

/** The time that something has taken so far, as documents have it: 0 until there is any. */
export const spent = (seconds: number): string => (seconds > 0 ? duration(seconds) : '–');
