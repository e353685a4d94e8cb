import type { SweepDocument } from '../../api/types';

// What a search varies, as its newest spec says. The spec is canonical JSON, so what has a default is there.

export type Goal = 'minimize' | 'maximize';

export type Axis = {
  /** The key of the experiment, or the name of cases. */
  key: string;
  /** The unit of its numbers; empty where the spec gives none. */
  unit: string;
  /** What it chooses among, as people read it; undefined for a range. */
  choices?: readonly (string | number)[];
  logarithmic: boolean;
};

export type Stopping = { rule: string; by: 'steps' | 'positions'; first?: number; factor?: number; at?: number; worst?: number };

/** Limits of what the trials use together; those that are not given limit nothing. */
export type Budget = { steps?: number; images?: number; device_seconds?: number; wall_seconds?: number };

export type Plan = {
  sampler: string;
  seed: number;
  concurrent: number;
  objective: { metric: string; goal: Goal };
  stopping?: Stopping;
  budget?: Budget;
  axes: readonly Axis[];
};

type WrittenAxis = { values?: unknown[]; cases?: { name: string }[]; low?: number; high?: number; log?: boolean; unit?: string };
type WrittenSearch = {
  sampler: string;
  seed?: number;
  max_concurrent?: number;
  objective?: { metric?: string; goal?: Goal };
  stopping?: Stopping;
  budget?: Budget;
  space: Record<string, WrittenAxis>;
};

/** The plan of a search; undefined for the submission of a single run. */
export function planOf(sweep: SweepDocument): Plan | undefined {
  const spec = JSON.parse(sweep.amendments.at(-1)?.spec ?? sweep.spec) as { search?: WrittenSearch };
  const search = spec.search;
  return (
    search && {
      sampler: search.sampler,
      seed: search.seed ?? 0,
      concurrent: search.max_concurrent ?? 1,
      objective: { metric: search.objective?.metric ?? 'fid', goal: search.objective?.goal ?? 'minimize' },
      stopping: search.stopping,
      budget: search.budget,
      axes: Object.entries(search.space)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, axis]) => ({
          key,
          unit: axis.unit ?? '',
          choices: axis.cases?.map(each => each.name) ?? axis.values?.map(shown),
          logarithmic: axis.log ?? false,
        })),
    }
  );
}

/** A choice as people read it: numbers and texts as they are, whole sections as JSON. */
const shown = (choice: unknown): string | number => (typeof choice === 'number' || typeof choice === 'string' ? choice : JSON.stringify(choice));

/** The value of an axis at a coordinate: of a choice its index, else the number itself. */
export function valueAt(axis: Axis, coordinate: number | string | undefined): string | number | null {
  if (coordinate === undefined) {
    return null;
  }
  return axis.choices ? (axis.choices[Number(coordinate)] ?? null) : Number(coordinate);
}

/** When trials are stopped early, in words. */
export function stoppingText(stopping: Stopping, metric: string): string {
  const unit = stopping.by === 'positions' ? 'position' : 'step';
  return stopping.rule === 'bound'
    ? `at ${unit} ${stopping.at} unless ${metric} is ${stopping.worst} or better`
    : `the best 1 in ${stopping.factor ?? 4} goes on at ${unit} ${stopping.first}, and at each ${stopping.factor ?? 4} times further`;
}

/** Where a rung lies. */
export function rungPlace(stopping: Stopping, rung: number): number {
  return stopping.rule === 'bound' ? stopping.at! : stopping.first! * (stopping.factor ?? 4) ** rung;
}
