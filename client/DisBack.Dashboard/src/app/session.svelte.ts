import { ApiError, get, post, remove } from '../api/client';

export type Session = { name: string; role: 'viewer' | 'operator'; admission: 'tokens' | 'this-machine'; version: string };

/** Who uses the page, and what the gateway lets them do. */
class CurrentSession {
  current = $state.raw<Session | null | undefined>(undefined);
  problem = $state.raw<string | undefined>(undefined);

  /** Whether runs may be commanded: what would be refused is not offered. */
  get mayCommand(): boolean {
    return this.current?.role === 'operator';
  }

  /** Asks who this is; null is nobody, who has to give a token first. */
  async refresh(): Promise<void> {
    try {
      this.current = await get<Session>('session');
      this.problem = undefined;
    } catch (failure) {
      if (!(failure instanceof ApiError)) {
        throw failure;
      }
      if (failure.status === 401) {
        this.current = null;
      } else if (this.current === undefined) {
        this.problem = failure.message;
      }
    }
  }

  async begin(token: string): Promise<void> {
    this.current = await post<Session>('session', { token });
  }

  async end(): Promise<void> {
    await remove('session');
    this.current = null;
  }

  /** The gateway no longer knows the session. */
  ended(): void {
    this.current = null;
  }
}

export const session = new CurrentSession();
