import type { SweepImportance } from '../../api/types';
import { finite } from '../../charts/dimensions';
import type { Axis } from './plan';
import { axisLabels } from './trialRows';

// What the axes of a search explain of its results, as people read it.

export type Explanation = {
  /** The key of the axis. */
  key: string;
  label: string;
  /** From 0 to 1; 0 where nothing can be told. */
  explained: number;
  adjusted: number;
  texts: { explained: string; adjusted: string; chance: string };
};

/** Whether there are enough complete trials to tell anything. */
export const isTold = ({ trials, fewest_trials }: SweepImportance): boolean => trials >= fewest_trials;

/** The axes in the order of the answer, called as the charts call them. */
export function explanations({ axes }: SweepImportance, known: readonly Axis[]): Explanation[] {
  const labels = axisLabels(known);
  return axes.map(({ axis, ...found }) => {
    const [explained, adjusted, chance] = [finite(found.explained), finite(found.adjusted), finite(found.chance)];
    return {
      key: axis,
      // An axis that was added a moment ago may be in the answer alone.
      label: labels[known.findIndex(({ key }) => key === axis)] ?? axis,
      explained: explained ?? 0,
      adjusted: adjusted ?? 0,
      texts: { explained: percent(explained), adjusted: percent(adjusted), chance: chance?.toFixed(4) ?? '–' },
    };
  });
}

const percent = (share: number | null): string => (share === null ? '–' : `${(100 * share).toFixed(1)} %`);
