/**
 * Work that is asked for more often than it needs to be done: it is done once at a time, with a pause after each, and once more if it was asked for meanwhile.
 * `stop` forgets what is still to come.
 */
export function coalesced(work: () => Promise<void> | void, pause: number): { (): void; stop: () => void } {
  let busy = false;
  let again = false;
  let stopped = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  async function run(): Promise<void> {
    busy = true;
    again = false;
    try {
      await work();
    } finally {
      timer = setTimeout(() => {
        busy = false;
        if (again && !stopped) {
          void run();
        }
      }, pause);
    }
  }

  const ask = () => {
    again = true;
    if (!busy && !stopped) {
      void run();
    }
  };
  return Object.assign(ask, {
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
  });
}
