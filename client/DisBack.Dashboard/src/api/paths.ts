// Where things are, in the API and on the page.

/** A key of a run may have a slash between its parts, as ids of trials do. */
export const escapePath = (key: string): string => key.split('/').map(encodeURIComponent).join('/');

export type RunKind = 'runs' | 'trajectories' | 'teachers';

/** The path of the owner of a run, in the API and on the page alike. */
export const pathOf = (kind: RunKind | 'sweeps', key: string): string => `${kind}/${escapePath(key)}`;

export const pathOfSweep = (id: string): string => `sweeps/${encodeURIComponent(id)}`;

/** The id of the sweep of a trial: `{sweep}/{ordinal}`. */
export const sweepOf = (trial: string): string => trial.slice(0, trial.lastIndexOf('/'));
