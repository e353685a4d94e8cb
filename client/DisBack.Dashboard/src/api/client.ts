// Requests to the gateway's API, which is where the page comes from: the browser sends the session's cookie by itself.

const prefix = '/api/v1/';

/** A request that was refused or failed, with the sentence of its problem document. */
export class ApiError extends Error {
  constructor(
    message: string,
    /** The HTTP status; 0 where no answer came. */
    readonly status: number,
  ) {
    super(message);
  }
}

export type Parameters = Record<string, string | number | boolean | readonly string[] | null | undefined>;

/** The address of something in the API. Parts of paths are to be escaped by whoever puts them together, see `paths.ts`. */
export function address(path: string, parameters: Parameters = {}): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== null && one !== undefined && one !== '') {
        query.append(name, String(one));
      }
    }
  }
  const text = query.toString();
  return prefix + path + (text === '' ? '' : `?${text}`);
}

export function get<T>(path: string, parameters?: Parameters, signal?: AbortSignal): Promise<T> {
  return request<T>('GET', address(path, parameters), undefined, signal);
}

export function post<T>(path: string, body?: unknown): Promise<T> {
  return request<T>('POST', address(path), body === undefined ? undefined : { type: 'application/json', text: JSON.stringify(body) });
}

/** Sends a text as it is, for example the YAML of a spec. */
export function postText<T>(path: string, text: string, signal?: AbortSignal): Promise<T> {
  return request<T>('POST', address(path), { type: 'application/yaml', text }, signal);
}

export function remove<T>(path: string): Promise<T> {
  return request<T>('DELETE', address(path));
}

async function request<T>(method: string, url: string, body?: { type: string; text: string }, signal?: AbortSignal): Promise<T> {
  let response: Response;
  try {
    response = await fetch(url, {
      method,
      headers: { accept: 'application/json', ...(body ? { 'content-type': body.type } : {}) },
      body: body?.text ?? null,
      signal: signal ?? null,
      credentials: 'same-origin',
    });
  } catch (failure) {
    if (signal?.aborted) {
      throw failure;
    }
    const then = method === 'GET' ? '; the page tries again when it is back' : ' and may not have had this command; give it again when it is back';
    throw new ApiError(`The server does not answer${then}.`, 0);
  }
  const text = await response.text();
  if (!response.ok) {
    throw new ApiError(detailOf(text) ?? `The server answered ${response.status} ${response.statusText}.`, response.status);
  }
  return (text === '' ? undefined : JSON.parse(text)) as T;
}

function detailOf(text: string): string | undefined {
  try {
    const problem: unknown = JSON.parse(text);
    return typeof problem === 'object' && problem !== null && 'detail' in problem && typeof problem.detail === 'string' ? problem.detail : undefined;
  } catch {
    return undefined;
  }
}
