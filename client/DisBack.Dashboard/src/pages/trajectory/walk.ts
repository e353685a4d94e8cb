import { stripsOf } from '../../api/strips';
import { isSettled, type ArtifactRef, type RunStatus, type RunUpdate, type TrialDocument } from '../../api/types';

/** A place on the way of a student along the nodes: the node that it was nearest to, and since which step it walks on from there. */
export type Stop = { node: number; step: number; what: 'start' | 'switch' | 'end'; picture: string | undefined };

/** The way of a student along the nodes so far. */
export type Walk = {
  run: string;
  status: RunStatus;
  step: number;
  steps: number;
  /** The node that is its target now; none before it sets out. */
  target: number | undefined;
  stops: Stop[];
  /** The seed of the noise that its pictures are drawn from. */
  seed: number;
};

/** The pictures of the nodes of a trajectory by the nodes' numbers, where its recording has made some. */
export function nodePictures(artifacts: Readonly<Record<string, ArtifactRef>>): ReadonlyMap<number, string> {
  return new Map(
    Object.entries(artifacts).flatMap(([name, { content }]) => {
      const match = /^nodes\/(\d+)\.png$/.exec(name);
      return match ? [[Number(match[1]), content.digest] as const] : [];
    }),
  );
}

/** In which noise the pictures of a run differ from those of the nodes that it walks along, whose spec is that of stage 1; nothing where in none. */
export function otherNoise(walk: Walk, spec: string): string | undefined {
  const { seed, recording, student } = readSpec(spec);
  if (student?.decoder) {
    return 'draws noise of another shape';
  }
  return walk.seed === (recording?.seed ?? seed ?? 0) ? undefined : `draws the noise of its own seed, ${walk.seed}`;
}

type Seeds = { seed?: number; recording?: { seed?: number }; student?: { decoder?: object } };

const readSpec = (spec: string): Seeds => (spec === '' ? {} : (JSON.parse(spec) as Seeds));

/** The way of a run along a trajectory of `nodes` nodes: as its document has it, and where its newest update says more. */
export function walkOf(trial: TrialDocument, nodes: number, update?: RunUpdate): Walk {
  const { run } = trial;
  const status = update?.status ?? run.status;
  const live = !isSettled(status) && update !== undefined && update.progress.target_index >= 0;
  const [head] = run.checkpoints;
  const stored = head && head.target_index >= 0 ? head.target_index : run.switches.at(-1)?.to;
  const target = status === 'completed' ? 0 : live ? update.progress.target_index : stored;
  const step = live ? update.progress.step : (head?.step ?? 0);
  return {
    run: trial.id,
    status,
    step,
    steps: (live ? update.progress.steps : 0) || run.steps,
    target,
    stops: stopsOf(trial, nodes, status === 'completed', stored),
    seed: readSpec(trial.spec).seed ?? 0,
  };
}

function stopsOf({ run }: TrialDocument, nodes: number, complete: boolean, stored: number | undefined): Stop[] {
  const strips = stripsOf(run.artifacts);
  const within = (from: number, to: number) => strips.find(strip => strip.step >= from && strip.step < to)?.digest;
  // The first target is the node next to the one that the student resembles when it sets out; a fork sets out further on.
  const first = run.switches[0]?.from ?? stored;
  if (first === undefined && strips.length === 0) {
    return [];
  }
  const start = first === undefined ? nodes - 1 : Math.min(nodes - 1, first + 1);
  const begun = strips[0]?.step ?? 0;
  const stops: Stop[] = [{ node: start, step: begun, what: 'start', picture: within(begun, run.switches[0]?.step ?? Infinity) }];
  run.switches.forEach(({ from, step }, number) => {
    stops.push({ node: from, step, what: 'switch', picture: within(step, run.switches[number + 1]?.step ?? Infinity) });
  });
  if (complete) {
    stops.push({ node: 0, step: run.steps, what: 'end', picture: strips.at(-1)?.digest });
  }
  return stops;
}
