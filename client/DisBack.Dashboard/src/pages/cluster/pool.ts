import { pathOf, type RunKind } from '../../api/paths';
import type { PoolView } from '../../api/types';

type Kind = PoolView['queue'][number]['kind'];

const collections: Record<Exclude<Kind, 'drawing'>, RunKind> = { teacher: 'teachers', recording: 'trajectories', backtracking: 'runs' };
const names: Record<Kind, string> = { teacher: 'teacher', recording: 'stage 1 of', backtracking: '', drawing: 'drawing' };

/** The page of a run of any kind; a drawing takes a slot as well and has none. */
export const pageOfRun = (kind: Kind, owner: string): string | undefined => (kind === 'drawing' ? undefined : `/${pathOf(collections[kind], owner)}`);

/** What a run of any kind, or a drawing, is called. */
export const nameOfRun = (kind: Kind, owner: string): string =>
  `${names[kind]} ${kind === 'recording' || kind === 'drawing' ? owner.slice(0, 12) : owner}`.trim();

/** What lies on a device: a lease of the pool, and whether its worker says that it trains there. */
export type Holder = { kind: Kind; owner: string; share: number; attempt: number | undefined };

export type DeviceUse = { index: number; name: string; kind: string; slots: number; used: number; holders: Holder[] };

/** How full the cache of a worker is, in bytes; nothing of one that needs none, or does not tell. */
export type CacheUse = PoolView['workers'][number]['cache'];

export type WorkerUse = { name: string; address: string; devices: DeviceUse[]; cached: number; cache: CacheUse; damaged: readonly string[] };

/** Each worker with its devices and who holds them. */
export function workersOf(pool: PoolView): WorkerUse[] {
  return pool.workers
    .map(worker => {
      const address = String(worker.worker);
      const devices = worker.devices.map(device => {
        const holders = pool.leases
          .filter(({ lease }) => String(lease.worker) === address && lease.device === device.index)
          .map(({ kind, owner, lease }) => ({
            kind,
            owner,
            share: lease.share,
            attempt: worker.runs.find(({ run }) => run.kind === kind && run.owner === owner)?.run.number,
          }));
        return { ...device, holders, used: holders.reduce((sum, holder) => sum + holder.share, 0) };
      });
      return { name: worker.name, address, devices, cached: worker.cached.length, cache: worker.cache, damaged: worker.damaged };
    })
    .sort((a, b) => a.name.localeCompare(b.name) || a.address.localeCompare(b.address));
}
