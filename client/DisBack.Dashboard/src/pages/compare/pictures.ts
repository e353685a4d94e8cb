import type { Strip } from '../../api/strips';
import type { TrialDocument } from '../../api/types';

const all = 'samples.png';

/** The picture of all strips with the teacher's own samples of the same noise; only runs that are complete have it. */
export const sheetOf = (run: TrialDocument): string | undefined => run.run.artifacts[all]?.content.digest;

/** The strip whose step is nearest, of two that are as near the earlier one. */
export function nearestStrip(strips: readonly Strip[], step: number): Strip | undefined {
  return strips.reduce<Strip | undefined>((best, strip) => (!best || Math.abs(strip.step - step) < Math.abs(best.step - step) ? strip : best), undefined);
}

/** The steps at which any run has a strip. */
export const stepsOf = (runs: readonly (readonly Strip[])[]): number[] =>
  [...new Set(runs.flatMap(strips => strips.map(strip => strip.step)))].sort((a, b) => a - b);
