import { describe, expect, it } from 'vitest';
import { bytes, duration, estimate, figure, roughly, spent } from './numbers';

describe('numbers', () => {
  it('have no more digits than mean something', () => {
    expect(figure(0.4637264330382038)).toBe('0.4637');
    expect(figure(15384.7)).toBe('15,380');
    expect(figure(1e-5)).toBe('1e−5');
    expect(figure(-2.5)).toBe('−2.5');
    expect(figure(0)).toBe('0');
    expect(figure(null)).toBe('–');
    expect(figure('NaN')).toBe('NaN');
    expect(figure('Infinity')).toBe('∞');
  });

  it('have units', () => {
    expect(bytes(0)).toBe('0 B');
    expect(bytes(68988)).toBe('67.4 KiB');
    expect(bytes(5130100)).toBe('4.89 MiB');
    expect(duration(0.014)).toBe('14 ms');
    expect(duration(6.32)).toBe('6.32 s');
    expect(duration(67.98)).toBe('1 min 7 s');
    expect(duration(3600 * 5 + 60 * 12)).toBe('5 h 12 min');
    expect(duration(86400 * 3)).toBe('3 d 0 h');
  });

  it('are as rough as what they say of things to come', () => {
    expect(roughly(4.386)).toBe('4.4');
    expect(roughly(431.2)).toBe('430');
    expect(estimate(7.18)).toBe('7 s');
    expect(estimate(99.4)).toBe('99 s');
    expect(estimate(102)).toBe('2 min');
    expect(estimate(1599)).toBe('27 min');
    expect(estimate(3590)).toBe('1 h 0 min');
  });

  it('of a time that has not begun are none', () => {
    expect(spent(0)).toBe('–');
    expect(spent(0.5)).toBe('500 ms');
  });
});
