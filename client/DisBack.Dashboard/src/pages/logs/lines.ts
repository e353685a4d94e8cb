import type { LogLine, LogSeverity } from '../../api/types';

export const levels: readonly LogSeverity[] = ['info', 'warning', 'error'];

/** The sentence of a line, and what is behind it: the stack trace of a failure. */
export function parts(text: string): { first: string; rest: string } {
  const end = text.indexOf('\n');
  return end < 0 ? { first: text, rest: '' } : { first: text.slice(0, end), rest: text.slice(end + 1) };
}

/** Lines of at least a level that contain a text, in whatever case. */
export function wanted(lines: readonly LogLine[], level: string, search: string): readonly LogLine[] {
  const least = Math.max(0, levels.indexOf(level as LogSeverity));
  const text = search.toLowerCase();
  return least === 0 && text === '' ? lines : lines.filter(line => levels.indexOf(line.level) >= least && line.text.toLowerCase().includes(text));
}

/** Whether a text is found behind the sentence alone, so that nobody sees why the line is shown until it is opened. */
export const isHidden = (line: LogLine, search: string): boolean =>
  search !== '' && !parts(line.text).first.toLowerCase().includes(search.toLowerCase()) && line.text.toLowerCase().includes(search.toLowerCase());
