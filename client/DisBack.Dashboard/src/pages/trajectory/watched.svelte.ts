import { ApiError, get } from '../../api/client';
import { pathOf } from '../../api/paths';
import { Resource } from '../../api/resource.svelte';
import { isSettled, type RowPage, type RunUpdate, type TrajectoryDocument, type TrialDocument } from '../../api/types';
import { walkOf, type Walk } from './walk';

type Users = { total: number; trials: readonly TrialDocument[] };

/** A trajectory with the runs that walk it, as they are now. */
export class WatchedTrajectory {
  readonly document = new Resource<TrajectoryDocument>();
  readonly users = new Resource<Users>();
  /** The newest of stage 1. */
  recording = $state.raw<RunUpdate | undefined>();
  #updates = $state<Record<string, RunUpdate>>({});

  constructor(readonly id: string) {}

  get name(): string {
    return this.document.value?.name ?? '';
  }

  /** The ways of its runs, the newest run first. */
  get walks(): Walk[] {
    const nodes = this.document.value?.nodes.length ?? 0;
    return (this.users.value?.trials ?? []).map(trial => walkOf(trial, nodes, this.#updates[trial.id]));
  }

  /** The runs to be heard of. */
  get active(): string[] {
    return (this.users.value?.trials ?? []).filter(trial => !isSettled(trial.run.status)).map(trial => trial.id);
  }

  hear(run: string, update: RunUpdate): void {
    if (this.users.value?.trials.some(trial => trial.id === run)) {
      this.#updates[run] = update;
    }
  }

  /** Asks anew for it and for its newest runs, at most as many as `most`. */
  renew(most: number): void {
    void this.document.load(signal => get<TrajectoryDocument>(pathOf('trajectories', this.id), {}, signal));
    void this.users.load(signal => this.#usersOf(most, signal));
  }

  async #usersOf(most: number, signal: AbortSignal): Promise<Users> {
    const question = { where: `trajectory = '${this.id.replaceAll("'", "''")}'`, sort: '-submitted', columns: 'id,status', limit: most };
    const { rows, total } = await get<RowPage>('tables/runs', question, signal);
    const known = new Map(this.users.value?.trials.map(trial => [trial.id, trial]));
    const trials = rows.map(([id, status]) => {
      const before = known.get(String(id));
      // What has settled changes no more until its status does.
      return before && before.run.status === status && isSettled(before.run.status) ? before : trialOf(String(id), signal);
    });
    return { total, trials: (await Promise.all(trials)).filter(trial => trial !== undefined) };
  }
}

/** A run, unless it was deleted in the meantime. */
async function trialOf(id: string, signal: AbortSignal): Promise<TrialDocument | undefined> {
  try {
    return await get<TrialDocument>(pathOf('runs', id), {}, signal);
  } catch (failure) {
    if (failure instanceof ApiError && failure.status === 404) {
      return undefined;
    }
    throw failure;
  }
}
