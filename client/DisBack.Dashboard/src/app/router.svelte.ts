// The address is the state of a page: whatever is chosen on it is in the query, so that it can be shared and gone back to.

class Route {
  path = $state(location.pathname);
  query = $state.raw(new URLSearchParams(location.search));

  constructor() {
    addEventListener('popstate', () => this.#read());
  }

  /** Goes to another page. */
  go(to: string): void {
    history.pushState(null, '', to);
    this.#read();
    scrollTo(0, 0);
  }

  /** A value of the query; empty where there is none. */
  value(name: string): string {
    return this.query.get(name) ?? '';
  }

  /** Changes values of the query; an empty one is left out. Small steps replace the entry in the history, so that Back leads to the page before. */
  set(values: Record<string, string>): void {
    const query = new URLSearchParams(this.query);
    for (const [name, value] of Object.entries(values)) {
      if (value === '') {
        query.delete(name);
      } else {
        query.set(name, value);
      }
    }
    const text = query.toString();
    history.replaceState(null, '', this.path + (text === '' ? '' : `?${text}`));
    this.query = query;
  }

  #read(): void {
    this.path = location.pathname;
    this.query = new URLSearchParams(location.search);
  }
}

export const route = new Route();

/** Links within the page change the address alone; those with a modifier, a target or another host are the browser's. */
export function followLinks(event: MouseEvent): void {
  const link = event.target instanceof Element ? event.target.closest('a') : null;
  const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey && !event.defaultPrevented;
  if (!link || !plain || link.target !== '' || link.hasAttribute('download') || link.origin !== location.origin || link.pathname.startsWith('/api/')) {
    return;
  }
  event.preventDefault();
  route.go(link.pathname + link.search + link.hash);
}
