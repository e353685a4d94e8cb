import type { Cell, RowColumn, SweepTrial } from '../../api/types';
import { shortNames } from '../../charts/dimensions';
import { valueAt, type Axis, type Plan } from './plan';
import { ranked, stateOf } from './standing';

/** The columns of the table of trials before those of the axes; the heading of the value is its metric. */
const columnsBefore = (metric: string): RowColumn[] => [
  { name: 'run', type: 'text', description: 'The run of the trial.' },
  { name: 'rank', type: 'whole', description: 'Its place among the trials that have a value; 1 is the best.' },
  { name: 'status', type: 'text', description: 'Where it stands.' },
  { name: 'value', type: 'number', description: `The last value of ${metric}.` },
];
const columnsAfter: RowColumn[] = [
  { name: 'step', type: 'whole', description: 'How far it has come.' },
  { name: 'steps', type: 'whole', description: 'Steps in all.' },
  { name: 'seconds', type: 'number', description: 'Time of its attempts that have ended.' },
  { name: 'updated', type: 'time', description: 'When its run last said where it stands.' },
  { name: 'reason', type: 'text', description: 'Why it has failed without a run, or why it was pruned.' },
];

/** Axes may be called as other columns are. */
const columnOf = (axis: Axis): string => `param.${axis.key}`;

/** The label of each axis: its key in short, with its unit. */
export function axisLabels(axes: readonly Axis[]): string[] {
  const names = shortNames(axes.map(axis => axis.key));
  return axes.map((axis, at) => `${names[at]!.replaceAll('_', ' ')}${axis.unit === '' ? '' : ` (${axis.unit})`}`);
}

/** Whether an attempt has told how many steps there are. */
const begun = (trial: SweepTrial): boolean => trial.steps > 0;

/** The trials as rows of a table with a column for each axis. */
export function trialRows(trials: readonly SweepTrial[], plan: Plan, runOf: (trial: SweepTrial) => string): { columns: RowColumn[]; rows: Cell[][] } {
  const ranks = new Map(ranked(trials, plan.objective.goal).map((trial, at) => [trial.ordinal, at + 1]));
  const axes = plan.axes.map(axis => ({
    name: columnOf(axis),
    type: axis.choices?.some(choice => typeof choice === 'string') ? ('text' as const) : ('number' as const),
    description: `The axis ${axis.key}${axis.unit === '' ? '' : `, in ${axis.unit}`}.`,
  }));
  return {
    columns: [...columnsBefore(plan.objective.metric), ...axes, ...columnsAfter],
    rows: trials.map(trial => [
      runOf(trial),
      ranks.get(trial.ordinal) ?? null,
      stateOf(trial),
      trial.value,
      ...plan.axes.map(axis => valueAt(axis, trial.point[axis.key])),
      begun(trial) ? trial.step : null,
      begun(trial) ? trial.steps : null,
      trial.seconds === 0 ? null : trial.seconds,
      trial.updated < '1970' ? null : trial.updated,
      trial.reason,
    ]),
  };
}

/** The headings of those columns. */
export function trialHeadings(plan: Plan): (column: string) => string {
  const labels = axisLabels(plan.axes);
  const headings = new Map(plan.axes.map((axis, at) => [columnOf(axis), labels[at]!]));
  return column => (column === 'value' ? plan.objective.metric : (headings.get(column) ?? column));
}
