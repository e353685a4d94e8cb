import { coalesced } from '../api/coalesce';
import { ApiError, get } from '../api/client';
import { follow } from '../api/live.svelte';
import { pathOf, type RunKind } from '../api/paths';
import { hasEnded, type RunRecord } from '../api/types';

const lookAtMostEvery = 1_000;

/** The runs at whose end the browser is to notify its user. They are followed on whatever page that is then, and a pause is no end. */
class Wishes {
  #wanted = $state.raw<ReadonlyMap<string, { kind: RunKind; key: string }>>(new Map());
  #leave: (() => void) | undefined;
  #look = coalesced(async () => void (await Promise.all([...this.#wanted.values()].map(({ kind, key }) => this.#lookAt(kind, key)))), lookAtMostEvery);

  has(kind: RunKind, key: string): boolean {
    return this.#wanted.has(pathOf(kind, key));
  }

  set(kind: RunKind, key: string, wanted: boolean): void {
    const next = new Map(this.#wanted);
    if (wanted) {
      next.set(pathOf(kind, key), { kind, key });
    } else {
      next.delete(pathOf(kind, key));
    }
    this.#wanted = next;
    if (next.size === 0) {
      this.#leave?.();
      this.#leave = undefined;
    } else {
      this.#leave ??= follow('live', { tables: true }, { tables: this.#look });
    }
  }

  async #lookAt(kind: RunKind, key: string): Promise<void> {
    try {
      const { status } = (await get<{ run: RunRecord }>(pathOf(kind, key))).run;
      if (hasEnded(status) && this.has(kind, key)) {
        this.set(kind, key, false);
        new Notification(`${key} ${status === 'failed' ? 'has failed' : `is ${status}`}`, { icon: '/favicon.svg' });
      }
    } catch (failure) {
      if (!(failure instanceof ApiError)) {
        throw failure;
      }
      // Of a run that was deleted nothing will be heard; any other failure passes.
      if (failure.status === 404) {
        this.set(kind, key, false);
      }
    }
  }
}

export const wishes = new Wishes();
