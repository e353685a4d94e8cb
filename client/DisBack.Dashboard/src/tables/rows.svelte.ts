import { untrack } from 'svelte';
import { ApiError, get } from '../api/client';
import type { Cell, RowColumn, RowPage } from '../api/types';

/** Rows that are asked for at once. */
const chunk = 100;

/** Chunks that are kept; what lies far from where one looks is fetched again when it is gone back to. */
const mostChunks = 60;

export type RowQuestion = { table: string; where: string; sort: string; columns: string };

/**
 * The rows of a table of any length, of which those that are looked at are fetched. When documents change, what is shown stays until its newer form is there.
 */
export class Rows {
  total = $state<number | undefined>();
  columns = $state.raw<RowColumn[]>([]);
  damaged = $state.raw<string[]>([]);
  error = $state.raw<ApiError | undefined>();
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
      const { table, where, sort, columns } = question;
      const page = await get<RowPage>(`tables/${table}`, { where, sort, columns, offset: number * chunk, limit: chunk }, pending.signal);
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
      this.error = failure;
    } finally {
      if (this.#pending.get(number) === pending) {
        this.#pending.delete(number);
      }
    }
  }
}
