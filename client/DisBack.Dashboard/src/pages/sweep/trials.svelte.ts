import { ApiError, get } from '../../api/client';
import { pathOfSweep } from '../../api/paths';
import type { RowPage, SweepTrial } from '../../api/types';

const pageSize = 500;
const mostChanged = 1000;

/** The trials of a search: all of them, because its charts show them all. After a change only those parts are fetched again in which a trial has changed. */
export class Trials {
  all = $state.raw<readonly SweepTrial[]>([]);
  /** Whether the last one has been fetched once. */
  complete = $state(false);
  error = $state.raw<ApiError | undefined>();
  #pages: SweepTrial[][] = [];
  #newest = '';

  constructor(readonly sweep: string) {}

  /** Fetches all, and later what has changed. */
  async renew(): Promise<void> {
    try {
      await this.#fetch(this.complete ? await this.#changedPages() : undefined);
      this.error = undefined;
    } catch (failure) {
      if (!(failure instanceof ApiError)) {
        throw failure;
      }
      this.error = failure;
    }
  }

  /** The parts that hold a changed trial; undefined where they may be any. */
  async #changedPages(): Promise<Set<number> | undefined> {
    const changed = await get<RowPage>('tables/trials', {
      where: `sweep = '${this.sweep}'${this.#newest === '' ? '' : ` and updated >= '${this.#newest}'`}`,
      columns: 'ordinal',
      limit: mostChanged,
    });
    return changed.next === null ? new Set(changed.rows.map(row => Math.floor(Number(row[0]) / pageSize))) : undefined;
  }

  async #fetch(wanted: ReadonlySet<number> | undefined): Promise<void> {
    for (let page = 0; ; page++) {
      if (wanted && !wanted.has(page) && page < this.#pages.length - 1) {
        continue;
      }
      const { items, next } = await get<{ items: SweepTrial[]; next: string | null }>(`${pathOfSweep(this.sweep)}/trials`, {
        after: page === 0 ? undefined : page * pageSize - 1,
        limit: pageSize,
      });
      this.#pages[page] = items;
      for (const { updated } of items) {
        this.#newest = updated > this.#newest ? updated : this.#newest;
      }
      this.all = this.#pages.flat();
      if (next === null) {
        this.complete = true;
        return;
      }
    }
  }
}
