import type { components } from './schema';

type Schemas = components['schemas'];

// What the description calls optional is so in requests; in answers everything is there, with null for nothing. Numbers may be written as texts where JSON has
// none such (NaN, Infinity); of what is named below only cells of tables and points of curves ever are, and both are read with that in mind.
type Answer<T> = [T] extends [number | 'NaN' | 'Infinity' | '-Infinity']
  ? number
  : T extends readonly (infer E)[]
    ? Answer<E>[]
    : T extends object
      ? { [K in keyof T]-?: Answer<Exclude<T[K], undefined>> }
      : T;

export type RunStatus = Schemas['RunStatus'];
export type RunRecord = Answer<Schemas['RunRecord']>;
export type RunEvent = Answer<Schemas['RunEvent']>;
export type RunUpdate = Answer<Schemas['RunUpdate']>;
export type Attempt = Answer<Schemas['Attempt']>;
export type CheckpointRef = Answer<Schemas['CheckpointRef']>;
export type ArtifactRef = Answer<Schemas['ArtifactRef']>;
export type SwitchRecord = Answer<Schemas['SwitchRecord']>;
export type NodeRef = Answer<Schemas['NodeRef']>;
export type MetricValue = Answer<Schemas['MetricValue']>;
export type TrialDocument = Answer<Schemas['TrialDocument']>;
export type TrajectoryDocument = Answer<Schemas['TrajectoryDocument']>;
export type TeacherDocument = Answer<Schemas['TeacherDocument']>;
export type SweepDocument = Answer<Schemas['SweepDocument']>;
export type SweepTrial = Answer<Schemas['SweepTrial']>;
export type SweepImportance = Answer<Schemas['SweepImportance']>;
export type PoolView = Answer<Schemas['PoolView']>;
export type CommandReply = Answer<Schemas['CommandReply']>;
export type RowColumn = Answer<Schemas['RowColumn']>;
export type RowTable = Answer<Schemas['RowTable']>;
export type CurveSet = Answer<Schemas['CurveSet']>;
export type LogSeverity = Schemas['LogSeverity'];
export type LogLine = Answer<Schemas['LogLine']>;
export type LogPage = Answer<Schemas['LogPage']>;
export type ThinnedCurve = Answer<Schemas['ThinnedCurve']>;

/** A cell of a table: numbers that JSON does not have are texts. */
export type Cell = string | number | boolean | string[] | null;

export type RowPage = Omit<Answer<Schemas['RowPage']>, 'rows'> & { rows: Cell[][] };

/** Where a run can stand, in the order in which it comes there. */
export const runStatuses: readonly RunStatus[] = ['pending', 'recording', 'queued', 'starting', 'running', 'paused', 'completed', 'failed', 'cancelled'];

/** Whether a run is over; one that is paused has more before it. */
export const hasEnded = (status: RunStatus): boolean => ['completed', 'failed', 'cancelled'].includes(status);

/** Whether nothing happens to a run without a new command. */
export const isSettled = (status: RunStatus): boolean => status === 'paused' || hasEnded(status);
