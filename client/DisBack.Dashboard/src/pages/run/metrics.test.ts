import { describe, expect, it } from 'vitest';
import type { ThinnedCurve } from '../../api/types';
import { laidOut, ordered, placeText, switchesIn, switchesOf } from './metrics';

const targets = (low: number[], high: number[]): ThinnedCurve => ({
  run: 'a/0000',
  metric: 'target_index',
  measured: low.length,
  not_finite: 0,
  first: high[0]!,
  last: low.at(-1)!,
  from: low.map((_, part) => 10 * part),
  to: low.map((_, part) => 10 * part + 9),
  low,
  mean: low,
  high,
});

describe('metrics of a run', () => {
  it('come with the quality of samples first and without the target, which is a mark', () => {
    expect(ordered(['student/std', 'loss/fake', 'target_index', 'fid/quick', 'accuracy', 'fid'])).toEqual([
      'fid',
      'fid/quick',
      'accuracy',
      'loss/fake',
      'student/std',
    ]);
  });

  it('switch where the target falls, also where one part has two of them', () => {
    expect(switchesIn(targets([3, 2, 2, 0], [3, 3, 2, 1]))).toEqual([
      { x: 0, label: '3' },
      { x: 19, label: '2' },
      { x: 39, label: '0' },
    ]);
    expect(switchesIn(targets([], []))).toEqual([]);
    expect(switchesIn(targets([3, 3], [3, 3]))).toEqual([]);
  });

  it('begin with the first target, where there are switches', () => {
    expect(switchesOf([{ step: 9, from: 3, to: 2, gap: 0.4 }], 1)).toEqual([
      { x: 1, label: '3' },
      { x: 9, label: '2' },
    ]);
    expect(switchesOf([], 1)).toEqual([]);
  });

  it('go from the last node to the teacher where they lie over positions', () => {
    const walked = { ...targets([5, 4], [5, 4]), from: [3, 0], to: [3, 0] };
    expect(laidOut(walked, 'position').from.map(x => placeText('position', x))).toEqual(['node 3', 'teacher']);
    expect(laidOut(walked, 'position').to).toEqual([-3, 0]);
    expect(laidOut(walked, 'step')).toBe(walked);
  });

  it('lie at places with their units', () => {
    expect(placeText('position', -3)).toBe('node 3');
    expect(placeText('position', 0)).toBe('teacher');
    expect(placeText('wall-time', 90)).toBe('1 min 30 s');
    expect(placeText('wall-time', 0)).toBe('0');
    expect(placeText('images', 38400)).toBe('38,400');
  });
});
