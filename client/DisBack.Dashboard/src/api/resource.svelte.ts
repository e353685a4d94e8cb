import { ApiError } from './client';
import { session } from '../app/session.svelte';

/**
 * Something that is fetched and shown: its newest value, and what went wrong when it was last asked for. A value stays while it is asked for again, so that
 * nothing blinks; an answer that comes after a newer question is dropped.
 */
export class Resource<T> {
  value = $state.raw<T | undefined>(undefined);
  error = $state.raw<ApiError | undefined>(undefined);
  loading = $state(false);

  #running: AbortController | undefined;

  /** Asks; what is being asked already is given up. */
  async load(fetcher: (signal: AbortSignal) => Promise<T>): Promise<void> {
    this.#running?.abort();
    const running = new AbortController();
    this.#running = running;
    this.loading = true;
    try {
      const value = await fetcher(running.signal);
      if (this.#running === running) {
        this.value = value;
        this.error = undefined;
      }
    } catch (failure) {
      if (this.#running !== running) {
        return;
      }
      if (!(failure instanceof ApiError)) {
        throw failure;
      }
      if (failure.status === 401) {
        session.ended();
      }
      this.error = failure;
    } finally {
      if (this.#running === running) {
        this.loading = false;
      }
    }
  }

  /** Forgets the value, for example because another thing is to be shown in its place. */
  clear(): void {
    this.#running?.abort();
    this.#running = undefined;
    this.value = undefined;
    this.error = undefined;
    this.loading = false;
  }
}
