import type { ArtifactRef } from './types';

/** The samples of a run at a step, all from the same noise. */
export type Strip = { step: number; digest: string };

/** The sample strips of a run by the steps in their names, the oldest first. */
export function stripsOf(artifacts: Readonly<Record<string, ArtifactRef>>): Strip[] {
  return Object.entries(artifacts)
    .flatMap(([name, { content }]) => {
      const match = /^strips\/(\d+)\.png$/.exec(name);
      return match ? [{ step: Number(match[1]), digest: content.digest }] : [];
    })
    .sort((a, b) => a.step - b.step);
}
