const full = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });
const ofDay = new Intl.DateTimeFormat('en-GB', { day: '2-digit', month: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit' });
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'always', style: 'narrow' });

const steps: [Intl.RelativeTimeFormatUnit, number][] = [
  ['second', 60],
  ['minute', 60],
  ['hour', 24],
  ['day', 14],
  ['week', 8],
  ['month', 12],
];
const sizes: Partial<Record<Intl.RelativeTimeFormatUnit, number>> = { second: 1, minute: 60, hour: 3600, day: 86400, week: 604800, month: 2629746 };

/** A point in time in the reader's own time zone. */
export const moment = (time: string | Date): string => full.format(new Date(time));

/** A point in time as short as it can be where many are below each other: day, month and time. */
export const clock = (time: string | Date): string => ofDay.format(new Date(time)).replace(',', '');

/** How long ago something was. */
export function ago(time: string | Date, now = Date.now()): string {
  const seconds = Math.max(0, (now - new Date(time).getTime()) / 1000);
  if (seconds < 5) {
    return 'just now';
  }
  for (const [unit, most] of steps) {
    const value = seconds / sizes[unit]!;
    if (value < most) {
      return relative.format(-Math.floor(value), unit);
    }
  }
  return relative.format(-Math.floor(seconds / 31556952), 'year');
}
