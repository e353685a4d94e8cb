export type Notice = { id: number; kind: 'done' | 'failed'; text: string };

const shownFor = 8_000;

/** Short messages about what was just done; failures stay until they are closed. */
class Notices {
  all = $state<Notice[]>([]);
  #next = 1;

  say(kind: Notice['kind'], text: string): void {
    const id = this.#next++;
    this.all.push({ id, kind, text });
    if (kind === 'done') {
      setTimeout(() => this.close(id), shownFor);
    }
  }

  close(id: number): void {
    this.all = this.all.filter(notice => notice.id !== id);
  }
}

export const notices = new Notices();
