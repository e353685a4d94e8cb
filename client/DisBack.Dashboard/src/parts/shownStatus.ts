import type { RunStatus } from '../api/types';

/** Where a run stands, as the page of its sweep says it: one that was cancelled because others do better was pruned. */
export const shownStatus = (status: RunStatus, pruned: unknown): RunStatus | 'pruned' => (status === 'cancelled' && pruned ? 'pruned' : status);
