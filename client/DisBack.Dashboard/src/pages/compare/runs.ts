import type { Cell, RowPage, RunStatus } from '../../api/types';
import { shortNames } from '../../charts/dimensions';
import { figure } from '../../format/numbers';

/** A run that is compared: its row of the table of runs. */
export type ComparedRun = { id: string; name: string; status: RunStatus; cells: Readonly<Record<string, Cell>> };

/** Runs that are one curve and one column: those of one configuration, or a single one. */
export type Group = {
  /** What tells it from the others, in words. */
  label: string;
  runs: readonly ComparedRun[];
  /** Its number among all groups, which decides its color. */
  number: number;
};

const parameter = 'param.';

/** What runs of one configuration may differ in. */
const incidental = new Set(['param.seed', 'param.name']);

/** The rows as runs, in the order in which they were asked for. */
export function comparedRuns(page: Pick<RowPage, 'columns' | 'rows'>, ids: readonly string[]): ComparedRun[] {
  const runs = new Map(
    page.rows.map(row => {
      const cells = Object.fromEntries(page.columns.map((column, at) => [column.name, row[at] ?? null]));
      const run = { id: String(cells.id), name: String(cells.name), status: cells.status as RunStatus, cells };
      return [run.id, run];
    }),
  );
  return ids.flatMap(id => runs.get(id) ?? []);
}

const text = (cell: Cell | undefined): string => JSON.stringify(cell ?? null);

/** The keys of the specs in which runs differ. */
export function differingKeys(runs: readonly ComparedRun[]): string[] {
  const keys = [...new Set(runs.flatMap(run => Object.keys(run.cells)))].filter(key => key.startsWith(parameter)).sort();
  return keys.filter(key => new Set(runs.map(run => text(run.cells[key]))).size > 1);
}

/** Runs by their configurations: those of an arm have all of the spec in common but seed and name, and walk away from the same teacher. */
export function armsOf(runs: readonly ComparedRun[]): ComparedRun[][] {
  const arms = new Map<string, ComparedRun[]>();
  for (const run of runs) {
    const settings = Object.entries(run.cells).filter(([key]) => (key.startsWith(parameter) && !incidental.has(key)) || key === 'teacher');
    const key = text(settings.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, cell]) => `${name}=${text(cell)}`));
    arms.set(key, [...(arms.get(key) ?? []), run]);
  }
  return [...arms.values()];
}

/** A value of a spec as people read it. */
export const settingText = (cell: Cell | undefined): string =>
  typeof cell === 'number' ? figure(cell) : cell === null || cell === undefined ? '–' : String(cell);

/** The most settings of which a name is made. */
const mostSettings = 3;

/** Runs as groups with a name each: arms, or single ones. */
export function groupsOf(runs: readonly ComparedRun[], arms: boolean): Group[] {
  if (!arms) {
    return runs.map((run, number) => ({ label: run.id, runs: [run], number }));
  }
  const groups = armsOf(runs);
  const keys = differingKeys(groups.map(group => group[0]!)).filter(key => !incidental.has(key));
  const names = shortNames(keys.map(key => key.slice(parameter.length)));
  const labels = groups.map(([first]) => {
    const settings = keys.slice(0, mostSettings).map((key, at) => `${names[at]!.replaceAll('_', ' ')} ${settingText(first!.cells[key])}`);
    return settings.length === 0 ? first!.name : settings.join(', ') + (keys.length > mostSettings ? ', …' : '');
  });
  const repeated = labels.filter((label, at) => labels.indexOf(label) !== at);
  return groups.map((group, number) => {
    const label = labels[number]!;
    return { label: repeated.includes(label) ? `${number + 1}: ${label}` : label, runs: group, number };
  });
}

/** The mean of some numbers and how far they spread: the standard deviation of a sample, null of less than two. */
export function meanOf(values: readonly number[]): { mean: number; deviation: number | null } | undefined {
  if (values.length === 0) {
    return undefined;
  }
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: values.length < 2 ? null : Math.sqrt(squares / (values.length - 1)) };
}

/** Numbers as their mean, and their deviation in two digits: more of the mean than the deviation knows would be made up. */
export function meanText(values: readonly number[]): string {
  const found = meanOf(values);
  if (!found) {
    return '–';
  }
  const { mean, deviation } = found;
  if (deviation === null || deviation === 0) {
    return figure(mean);
  }
  const decimals = 1 - Math.floor(Math.log10(deviation));
  if (decimals > 6 || decimals < -6) {
    return `${figure(mean)} ± ${figure(+deviation.toPrecision(2))}`;
  }
  const digits = { minimumFractionDigits: Math.max(0, decimals), maximumFractionDigits: Math.max(0, decimals) };
  const [middle, spread] = [mean, deviation].map(value => value.toLocaleString('en', digits).replace('-', '−'));
  return `${middle} ± ${spread}`;
}
