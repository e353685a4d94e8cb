import { parse, stringify } from 'yaml';
import { get } from '../../api/client';
import { pathOf, pathOfSweep } from '../../api/paths';
import type { SweepDocument, TrialDocument } from '../../api/types';

/** What a text is to be: a run or a sweep, which its section `search` tells apart, or the training of a teacher. */
export type Purpose = 'experiment' | 'teacher';

/** What the editor begins with, as the address says. */
export type Beginning = { text: string; about: string };

/** The spec of a run as YAML, without what says nothing. */
function specText(canonical: string, change: (spec: Record<string, unknown>) => Record<string, unknown> = spec => spec): string {
  return stringify(change(JSON.parse(canonical, (_, value: unknown) => value ?? undefined) as Record<string, unknown>), { lineWidth: 0 });
}

/** A run with other settings that goes on from a checkpoint of one there is. */
export async function forkOf(run: string, step: string, node: string, signal: AbortSignal): Promise<Beginning> {
  const trial = await get<TrialDocument>(pathOf('runs', run), {}, signal);
  const start = { run, ...(step ? { step: Number(step) } : {}), ...(node ? { node: Number(node) } : {}) };
  const from = step ? `step ${step}` : node ? `the first checkpoint with node ${node} as target` : 'the newest checkpoint';
  const checkpoints = trial.run.checkpoints;
  const begins = step ? Number(step) : ((node ? checkpoints.findLast(each => each.target_index === Number(node)) : checkpoints[0])?.step ?? 0);
  let longer = '';
  const text = specText(trial.spec, ({ name, ...rest }) => {
    const backtracking = rest['backtracking'] as { steps: number };
    if (begins < backtracking.steps) {
      return { name, start, ...rest };
    }
    longer = ` It ends there, so backtracking.steps is raised from ${backtracking.steps} to ${2 * begins}.`;
    return { name, start, ...rest, backtracking: { ...backtracking, steps: 2 * begins } };
  });
  return { text, about: `Goes on from ${from} of ${run}.${longer} Change what is to be different.` };
}

/** The spec of a run, to be changed. */
export async function likeOf(run: string, signal: AbortSignal): Promise<Beginning> {
  const trial = await get<TrialDocument>(pathOf('runs', run), {}, signal);
  return { text: specText(trial.spec), about: `The spec of ${run}. As it is, it is the same run; change what is to be different.` };
}

/** The spec of a sweep as it is now, to which trials, axes and values can be added. */
export async function amendmentOf(sweep: string, signal: AbortSignal): Promise<Beginning> {
  const document = await get<SweepDocument>(pathOfSweep(sweep), {}, signal);
  return { text: specText(document.amendments.at(-1)?.spec ?? document.spec), about: `Adds to ${sweep}: more trials, wider ranges, more values, new axes.` };
}

/** The name that a spec gives, where it can be read. */
export function nameIn(text: string): string {
  try {
    const spec: unknown = parse(text);
    return typeof spec === 'object' && spec !== null && 'name' in spec ? String(spec.name) : '';
  } catch {
    return '';
  }
}
