export type Theme = 'system' | 'light' | 'dark';

const key = 'disback-theme';
const system = matchMedia('(prefers-color-scheme: dark)');

/** Light or dark: as the system has it unless chosen otherwise. */
class CurrentTheme {
  chosen = $state<Theme>((localStorage.getItem(key) as Theme | null) ?? 'system');
  #systemIsDark = $state(system.matches);

  constructor() {
    system.addEventListener('change', change => (this.#systemIsDark = change.matches));
  }

  get dark(): boolean {
    return this.chosen === 'dark' || (this.chosen === 'system' && this.#systemIsDark);
  }

  choose(theme: Theme): void {
    this.chosen = theme;
    localStorage.setItem(key, theme);
  }
}

export const theme = new CurrentTheme();
