import { untrack } from 'svelte';
import { ApiError, get } from '../api/client';
import { runStatuses, type Cell, type RowColumn, type RowPage } from '../api/types';

/** Rows that are asked for at once. */
const chunk = 100;

/** Chunks that are kept; what lies far from where one looks is fetched again when it is gone back to. */
const mostChunks = 60;

export type RowQuestion = {
  table: string;
  where: string;
  /** A condition of the page itself, beside what somebody has typed. */
  besides?: string;
  sort: string;
  columns: string;
};

/** The filter of a question. */
export const filterOf = ({ where, besides = '' }: Pick<RowQuestion, 'where' | 'besides'>): string =>
  where === '' || besides === '' ? where + besides : `(${where}) and ${besides}`;

/**
 * The rows of a table of any length, of which those that are looked at are fetched. When documents change, what is shown stays until its newer form is there.
 */
export class Rows {
  total = $state<number | undefined>();
  columns = $state.raw<RowColumn[]>([]);
  damaged = $state.raw<string[]>([]);
  error = $state.raw<ApiError | undefined>();
  outdated = $state(false);
  #chunks = $state.raw<ReadonlyMap<number, Cell[][]>>(new Map());
  #stale = new Set<number>();
  #pending = new Map<number, AbortController>();
  #wanted: [low: number, high: number] = [0, 0];
  #question: RowQuestion | undefined;
  #shown: RowQuestion | undefined;

  /** Asks another question; the rows of the one before stay until there is an answer. */
  ask(question: RowQuestion): void {
    this.#question = question;
    for (const pending of this.#pending.values()) {
      pending.abort();
    }
    this.#pending.clear();
    this.#see(true);
  }

  /** The documents have changed. */
  renew(): void {
    this.#see(true);
  }

  /** All rows that are there, in no order. */
  get fetched(): Cell[][] {
    return [...this.#chunks.values()].flat();
  }

  /** Texts that stand in a column of those rows, and all that can where that is known. */
  values(column: string): readonly string[] {
    if (column === 'status') {
      return runStatuses;
    }
    const at = this.columns.findIndex(({ name }) => name === column);
    return [...new Set(this.fetched.flatMap(cells => cells[at] ?? []))].filter(cell => typeof cell === 'string').sort();
  }

  row(index: number): Cell[] | undefined {
    return this.#chunks.get(Math.floor(index / chunk))?.[index % chunk];
  }

  /** Sees to it that the rows of a range are there, or on their way, from now on. */
  want(first: number, last: number): void {
    this.#wanted = [Math.floor(Math.max(0, first) / chunk), Math.floor(Math.max(0, last) / chunk)];
    this.#see(false);
  }

  /** What is fetched changes what is read here, so whoever asks for it must not be asked again by that. */
  #see(anew: boolean): void {
    untrack(() => {
      if (anew) {
        this.#stale = new Set([...this.#chunks.keys(), ...this.#pending.keys()]);
      }
      const [low, high] = this.#wanted;
      for (const [number, pending] of this.#pending) {
        // Scrolled past before it came.
        if (number < low - 1 || number > high + 1) {
          pending.abort();
          this.#pending.delete(number);
        }
      }
      for (let number = low; number <= high; number++) {
        if ((!this.#chunks.has(number) || this.#stale.has(number)) && !this.#pending.has(number)) {
          void this.#fetch(number);
        }
      }
    });
  }

  async #fetch(number: number): Promise<void> {
    const question = this.#question;
    if (!question) {
      return;
    }
    const pending = new AbortController();
    this.#pending.set(number, pending);
    this.#stale.delete(number);
    try {
      const { table, sort, columns } = question;
      const page = await get<RowPage>(`tables/${table}`, { where: filterOf(question), sort, columns, offset: number * chunk, limit: chunk }, pending.signal);
      const chunks = new Map(question === this.#shown ? this.#chunks : []);
      this.#shown = question;
      chunks.delete(number);
      chunks.set(number, page.rows);
      while (chunks.size > mostChunks) {
        chunks.delete(chunks.keys().next().value!);
      }
      this.#chunks = chunks;
      this.total = page.total;
      this.columns = page.columns;
      this.damaged = page.damaged;
      this.error = undefined;
      this.outdated = false;
      this.#pending.delete(number);
      // The documents may have changed again meanwhile.
      this.#see(false);
    } catch (failure) {
      if (pending.signal.aborted) {
        return;
      }
      if (!(failure instanceof ApiError)) {
        throw failure;
      }
      this.error = question.besides && failure.status === 400 ? await this.#mistake(question, failure, pending.signal) : failure;
      this.outdated = this.#shown !== undefined && this.#shown !== question;
    } finally {
      if (this.#pending.get(number) === pending) {
        this.#pending.delete(number);
      }
    }
  }

  /** What is wrong with a filter as it was typed, without what the page has put around it: places in it are told as numbers. */
  async #mistake({ table, where }: RowQuestion, failure: ApiError, signal: AbortSignal): Promise<ApiError> {
    try {
      await get<RowPage>(`tables/${table}`, { where, columns: 'id', limit: 1 }, signal);
    } catch (mistake) {
      return mistake instanceof ApiError ? mistake : failure;
    }
    return failure;
  }
}
