import { count, duration } from '../../format/numbers';

/** What curves are laid over. */
export type By = 'step' | 'images' | 'device-seconds' | 'wall-time' | 'position';

type Placing = {
  /** In a list of choices. */
  name: string;
  /** Under a chart. */
  over: string;
  /** Where a place lies on the chart: a student walks towards node 0, so positions go down. */
  x: (place: number) => number;
  show: (x: number) => string;
  /** Whether there is nothing between whole numbers. */
  whole: boolean;
};

const same = (place: number) => place;
const time = (seconds: number) => (seconds <= 0 ? '0' : duration(seconds));

export const placings: Record<By, Placing> = {
  step: { name: 'steps', over: 'steps of stage 2', x: same, show: count, whole: true },
  images: { name: 'images', over: 'images made in training', x: same, show: count, whole: true },
  'device-seconds': { name: 'device time', over: 'time in attempts', x: same, show: time, whole: false },
  'wall-time': { name: 'wall time', over: 'time since submission', x: same, show: time, whole: false },
  position: { name: 'position', over: 'node that the student walks towards', x: place => 0 - place, show: x => count(0 - x), whole: true },
};

export const byOf = (text: string): By => (text in placings ? (text as By) : 'step');
