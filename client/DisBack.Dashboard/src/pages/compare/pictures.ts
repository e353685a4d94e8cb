import type { ArtifactRef, TrialDocument } from '../../api/types';

/** What a student made of the same noise at a step. */
export type Strip = { step: number; digest: string };

const folder = 'strips/';
const all = 'samples.png';

/** The strips that a run has left, in the order of their steps. */
export function stripsOf(run: TrialDocument): Strip[] {
  return Object.values<ArtifactRef>(run.run.artifacts)
    .filter(({ name }) => name.startsWith(folder))
    .map(({ step, content }) => ({ step, digest: content.digest }))
    .sort((a, b) => a.step - b.step);
}

/** The picture of all strips with the teacher's own samples of the same noise; only runs that are complete have it. */
export const sheetOf = (run: TrialDocument): string | undefined => run.run.artifacts[all]?.content.digest;

/** The strip whose step is nearest, of two that are as near the earlier one. */
export function nearestStrip(strips: readonly Strip[], step: number): Strip | undefined {
  return strips.reduce<Strip | undefined>((best, strip) => (!best || Math.abs(strip.step - step) < Math.abs(best.step - step) ? strip : best), undefined);
}

/** The steps at which any run has a strip. */
export const stepsOf = (runs: readonly (readonly Strip[])[]): number[] =>
  [...new Set(runs.flatMap(strips => strips.map(strip => strip.step)))].sort((a, b) => a - b);
