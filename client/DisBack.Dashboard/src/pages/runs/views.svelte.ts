// Views are addresses with a name; they are kept in this browser, and the address itself is what is shared.

export type View = { name: string; query: string };

const key = 'disback-views';

class Views {
  all = $state<View[]>(JSON.parse(localStorage.getItem(key) ?? '[]') as View[]);

  save(name: string, query: string): void {
    this.all = [...this.all.filter(view => view.name !== name), { name, query }].sort((a, b) => a.name.localeCompare(b.name));
    this.#keep();
  }

  forget(name: string): void {
    this.all = this.all.filter(view => view.name !== name);
    this.#keep();
  }

  #keep(): void {
    localStorage.setItem(key, JSON.stringify(this.all));
  }
}

export const views = new Views();
