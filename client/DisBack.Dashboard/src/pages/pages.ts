import type { Component } from 'svelte';

/** What an address names is given to pages that are of one thing; lists have no use for it. */
export type PageModule = { default: Component<{ key: string }> };
type ListModule = { default: Component<Record<string, never>> };

/** A page: which addresses are its own, and the code that shows it. `key` is what the address names, unescaped; empty for a list. */
type Page = { pattern: RegExp; title: (key: string) => string; load: () => Promise<PageModule | ListModule> };

const pages: Page[] = [
  { pattern: /^\/(?:runs)?$/, title: () => 'Runs', load: () => import('./runs/Runs.svelte') },
  { pattern: /^\/runs\/(.+)$/, title: key => key, load: () => import('./run/Run.svelte') },
  { pattern: /^\/sweeps$/, title: () => 'Sweeps', load: () => import('./sweeps/Sweeps.svelte') },
  { pattern: /^\/sweeps\/(.+)$/, title: key => key, load: () => import('./sweep/Sweep.svelte') },
  { pattern: /^\/trajectories$/, title: () => 'Trajectories', load: () => import('./trajectories/Trajectories.svelte') },
  { pattern: /^\/trajectories\/(.+)$/, title: key => `Trajectory ${key.slice(0, 12)}`, load: () => import('./trajectory/Trajectory.svelte') },
  { pattern: /^\/teachers$/, title: () => 'Teachers', load: () => import('./teachers/Teachers.svelte') },
  { pattern: /^\/teachers\/(.+)$/, title: key => key, load: () => import('./teacher/Teacher.svelte') },
  { pattern: /^\/compare$/, title: () => 'Compare', load: () => import('./compare/Compare.svelte') },
  { pattern: /^\/cluster$/, title: () => 'Cluster', load: () => import('./cluster/Cluster.svelte') },
  { pattern: /^\/new$/, title: () => 'New run', load: () => import('./new/New.svelte') },
];

const nowhere: Page = { pattern: /^/, title: () => 'Nothing here', load: () => import('./Nowhere.svelte') };

/** The page of an address. */
export function pageAt(path: string): { title: string; key: string; load: () => Promise<PageModule> } {
  for (const page of pages) {
    const match = page.pattern.exec(path);
    const key = match && unescaped(match[1] ?? '');
    if (typeof key === 'string') {
      return { title: page.title(key), key, load: page.load as () => Promise<PageModule> };
    }
  }
  return { title: nowhere.title(''), key: path, load: nowhere.load as () => Promise<PageModule> };
}

/** A part of an address in plain text; undefined where its escapes are none. */
function unescaped(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}
