import { follow } from '../../api/live.svelte';
import { get } from '../../api/client';
import { pathOf, type RunKind } from '../../api/paths';
import { Resource } from '../../api/resource.svelte';
import { coalesced } from '../../api/coalesce';
import { grown, noTail } from '../../api/tail';
import { isSettled, type RunRecord, type RunStatus, type RunUpdate } from '../../api/types';

const documentsAtMostEvery = 1_000;
const parameterOf: Record<RunKind, string> = { runs: 'run', trajectories: 'trajectory', teachers: 'teacher' };

/** A run with its document and what its training thread tells: both as they are now. */
export class FollowedRun<T extends { run: RunRecord }> {
  readonly document = new Resource<T>();
  readonly why = new Resource<string[]>();
  update = $state.raw<RunUpdate | undefined>();
  /** What it has measured since its last checkpoint. */
  tail = $state.raw(noTail);
  /** Another number whenever it was heard of: there may be more in its log. */
  heard = $state(0);

  constructor(
    readonly kind: RunKind,
    readonly key: string,
  ) {}

  get record(): RunRecord | undefined {
    return this.document.value?.run;
  }

  get status(): RunStatus | undefined {
    return this.update?.status ?? this.record?.status;
  }

  get trains(): boolean {
    return this.status !== undefined && !isSettled(this.status);
  }

  /** The newest step that is known, and how many there will be. */
  get step(): number {
    return this.trains && this.update ? this.update.progress.step : (this.record?.checkpoints[0]?.step ?? 0);
  }

  get steps(): number {
    return (this.trains && this.update?.progress.steps) || (this.record?.steps ?? 0);
  }

  /** Reads the document anew. */
  async load(): Promise<void> {
    await Promise.all([
      this.document.load(signal => get<T>(pathOf(this.kind, this.key), {}, signal)),
      this.why.load(signal => get<string[]>(`${pathOf(this.kind, this.key)}/why`, {}, signal)),
    ]);
  }

  /** Follows it until the returned function is called; `changed` is called when more may be stored than before. */
  follow(changed: () => void): () => void {
    let leave = () => {};
    let hasSettled = false;
    const renew = coalesced(() => read(), documentsAtMostEvery);
    const read = async () => {
      await this.load();
      changed();
      // The stream tells of a run until it has settled; one that goes on after that is followed again.
      if (hasSettled && this.record && !isSettled(this.record.status)) {
        leave();
        open();
      }
    };
    const open = () => {
      hasSettled = false;
      leave = follow(
        'live',
        { [parameterOf[this.kind]]: [this.key], tables: true },
        {
          run: data => {
            const { update } = data as { update: RunUpdate };
            const before = this.update;
            this.update = update;
            this.tail = grown(this.tail, update);
            this.heard++;
            if (update.sequence !== (before?.sequence ?? this.record?.sequence)) {
              renew();
            }
          },
          settled: () => {
            hasSettled = true;
            this.heard++;
            this.update = undefined;
            renew();
          },
          tables: () => {
            if (!this.trains) {
              renew();
            }
          },
        },
      );
    };
    void read();
    open();
    return () => {
      leave();
      renew.stop();
    };
  }
}
