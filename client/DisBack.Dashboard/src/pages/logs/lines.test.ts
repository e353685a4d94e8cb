import { describe, expect, it } from 'vitest';
import type { LogLine, LogSeverity } from '../../api/types';
import { isHidden, parts, wanted } from './lines';

const line = (level: LogSeverity, text: string): LogLine => ({
  position: `1.1.${text.length}`,
  attempt: 1,
  time: '2026-01-01T00:00:00Z',
  level,
  step: 1,
  silo: 'w',
  text,
});

describe('lines of a log', () => {
  const lines = [line('info', 'It begins.'), line('warning', 'Storing failed.'), line('error', 'It crashed.\n   at Here()')];

  it('are a sentence and what is behind it', () => {
    expect(parts('It begins.')).toEqual({ first: 'It begins.', rest: '' });
    expect(parts('It crashed.\n   at Here()\n   at There()')).toEqual({ first: 'It crashed.', rest: '   at Here()\n   at There()' });
  });

  it('are chosen by level and text', () => {
    expect(wanted(lines, '', '')).toBe(lines);
    expect(wanted(lines, 'warning', '')).toEqual(lines.slice(1));
    expect(wanted(lines, 'unknown', 'IT ')).toEqual([lines[0], lines[2]]);
    expect(wanted(lines, 'error', 'begins')).toEqual([]);
    expect(wanted(lines, 'info', 'here()')).toEqual([lines[2]]);
  });

  it('are opened where only what is folded has the text', () => {
    expect(isHidden(lines[2]!, 'here()')).toBe(true);
    expect(isHidden(lines[2]!, 'crashed')).toBe(false);
    expect(isHidden(lines[2]!, '')).toBe(false);
    expect(isHidden(lines[0]!, 'nowhere')).toBe(false);
  });

  it('are found fast enough to filter as somebody types', () => {
    const many = Array.from({ length: 5_000 }, (_, index) => line('info', `The checkpoint of step ${index} is durable.`));
    const started = performance.now();
    expect(wanted(many, '', 'step 4999')).toHaveLength(1);
    expect(performance.now() - started).toBeLessThan(200);
  });
});
