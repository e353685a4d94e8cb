export type Notice = { id: number; kind: 'done' | 'failed'; text: string; whileAway: boolean };

const shownFor = 8_000;

/** Short messages about what was just done; failures stay until they are closed, or until the server is back where it was away. */
class Notices {
  all = $state<Notice[]>([]);
  #next = 1;

  say(kind: Notice['kind'], text: string, whileAway = false): void {
    const id = this.#next++;
    this.all.push({ id, kind, text, whileAway });
    if (kind === 'done') {
      setTimeout(() => this.close(id), shownFor);
    }
  }

  /** The server is back. */
  back(): void {
    this.all = this.all.filter(notice => !notice.whileAway);
  }

  close(id: number): void {
    this.all = this.all.filter(notice => notice.id !== id);
  }
}

export const notices = new Notices();
