import { ApiError, get } from '../../api/client';
import { Resource } from '../../api/resource.svelte';
import { coalesced } from '../../api/coalesce';
import { grown, noTail, type Tail } from '../../api/tail';
import type { CurveSet, RowPage, RunUpdate, ThinnedCurve, TrialDocument } from '../../api/types';
import type { Range } from '../../charts/closer';
import { comparedRuns, type ComparedRun } from './runs';

export const mostRuns = 100;

/** Many runs tell of themselves; their charts are drawn for all of them together. */
const drawnAtMostEvery = 1_000;

/** Parts of a curve, and of all curves of one answer. */
const [mostParts, mostPartsOfAll] = [500, 200_000];

/** Runs of one request: the address of one of many runs would be longer than servers read. */
const batch = 40;

const batches = (ids: readonly string[]) => Array.from({ length: Math.ceil(ids.length / batch) }, (_, at) => ids.slice(at * batch, (at + 1) * batch));

/** The runs that an address names, what they are and what they have measured. */
export class Comparison {
  readonly runs = new Resource<ComparedRun[]>();
  readonly curves = new Resource<CurveSet>();
  /** Names that no run has, or more than one: a sentence each. */
  unknown = $state.raw<string[]>([]);
  /** What the runs have measured since their last checkpoints. */
  tails = $state.raw<ReadonlyMap<string, Tail>>(new Map());
  #heard = new Map<string, { sequence: number; tail: Tail }>();
  #show = coalesced(() => void (this.tails = new Map([...this.#heard].map(([run, { tail }]) => [run, tail]))), drawnAtMostEvery);
  #ids = new Map<string, string>();

  /** Asks for the runs of some ids and names. */
  loadRuns(wanted: readonly string[]): Promise<void> {
    return this.runs.load(async signal => {
      const unknown: string[] = [];
      await Promise.all(
        wanted.map(async name => {
          if (!this.#ids.has(name)) {
            await this.#find(name, signal).catch((failure: unknown) => {
              if (!(failure instanceof ApiError) || (failure.status !== 404 && failure.status !== 400)) {
                throw failure;
              }
              unknown.push(failure.message);
            });
          }
        }),
      );
      const ids = [...new Set(wanted.flatMap(name => this.#ids.get(name) ?? []))];
      const pages = await Promise.all(
        batches(ids).map(some =>
          get<RowPage>('tables/runs', { where: `id in (${some.map(id => `'${id.replaceAll("'", "''")}'`).join(', ')})`, columns: '*', limit: batch }, signal),
        ),
      );
      const runs = pages.flatMap(page => comparedRuns(page, ids));
      const found = new Set(runs.map(run => run.id));
      this.unknown = [...unknown, ...ids.filter(id => !found.has(id)).map(id => `There is no run ${id}; it may have been deleted.`)];
      return runs;
    });
  }

  /** Asks for what runs have measured. */
  loadCurves(ids: readonly string[], metrics: readonly string[], by: string): Promise<void> {
    if (ids.length === 0 || metrics.length === 0) {
      this.curves.clear();
      return Promise.resolve();
    }
    return this.curves.load(signal => this.#fetch(ids, metrics, by, undefined, signal));
  }

  /** Takes news of a run that trains; whether more of what it has measured may be stored than before. */
  hear(run: string, update: RunUpdate): boolean {
    const before = this.#heard.get(run);
    const tail = grown(before?.tail ?? noTail, update);
    this.#heard.set(run, { sequence: update.sequence, tail });
    if (tail !== before?.tail) {
      this.#show();
    }
    return before !== undefined && before.sequence !== update.sequence;
  }

  /** Ends what is still to come. */
  stop(): void {
    this.#show.stop();
  }

  /** What runs have measured of a metric between two places. */
  async loadPart(ids: readonly string[], metric: string, by: string, places: Range, signal: AbortSignal): Promise<readonly ThinnedCurve[]> {
    return (await this.#fetch(ids, [metric], by, places, signal)).curves;
  }

  async #fetch(ids: readonly string[], metric: readonly string[], by: string, places: Range | undefined, signal: AbortSignal): Promise<CurveSet> {
    const points = Math.max(20, Math.min(mostParts, Math.floor(mostPartsOfAll / (ids.length * metric.length))));
    const [from, to] = places ?? [];
    const sets = await Promise.all(batches(ids).map(run => get<CurveSet>('curves', { run, metric, by, points, from, to }, signal)));
    return { curves: sets.flatMap(set => set.curves), damaged: sets.flatMap(set => set.damaged) };
  }

  async #find(name: string, signal: AbortSignal): Promise<void> {
    // Ids have a slash; a name means the one run that has it.
    this.#ids.set(name, name.includes('/') ? name : (await get<TrialDocument>('find/runs', { text: name }, signal)).id);
  }
}
