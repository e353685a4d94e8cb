import { curveColor, type ChartColors } from '../../charts/colors';
import type { TrialState } from './standing';

/** The color of a state; states that mean the same to whoever looks at many trials share one. */
export function stateColor(state: TrialState, colors: ChartColors): string {
  switch (state) {
    case 'completed':
      return colors.good;
    case 'pruned':
      return curveColor(3);
    case 'failed':
      return colors.bad;
    case 'running':
    case 'starting':
    case 'recording':
      return colors.accent;
    case 'queued':
    case 'pending':
    case 'paused':
      return colors.warn;
    case 'cancelled':
    case 'deleted':
      return colors.quiet;
  }
}
