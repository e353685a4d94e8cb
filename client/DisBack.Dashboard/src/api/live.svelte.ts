import { address, type Parameters } from './client';
import { notices } from '../app/notices.svelte';
import { session } from '../app/session.svelte';

/** Whether the stream of the page is connected; null while there is none. */
export const connection = $state<{ live: boolean | null }>({ live: null });

const reconnectAfter = 2_000;

export type LiveHandlers = Record<string, (data: unknown) => void>;

/**
 * Follows server-sent events until the returned function is called. A connection that breaks is made again, also after the server was restarted: events then
 * begin with how everything stands, so nothing has to be remembered.
 */
export function follow(path: string, parameters: Parameters, handlers: LiveHandlers): () => void {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const connect = () => {
    source = new EventSource(address(path, parameters));
    source.onopen = () => {
      if (connection.live === false) {
        notices.back();
      }
      connection.live = true;
    };
    source.onerror = () => {
      connection.live = false;
      // A browser tries again by itself only where there was an answer before.
      if (source?.readyState === EventSource.CLOSED) {
        void session.refresh();
        timer = setTimeout(connect, reconnectAfter);
      }
    };
    for (const [name, handle] of Object.entries(handlers)) {
      source.addEventListener(name, event => handle(JSON.parse((event as MessageEvent<string>).data)));
    }
  };
  connect();
  return () => {
    clearTimeout(timer);
    source?.close();
    connection.live = null;
  };
}
