import { password } from './constellation.ts';

/** A person signed in without a browser. */
export interface ApiSession {
  get<T>(path: string): Promise<T>;
  send<T>(method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: object): Promise<T>;
  /** Without reading what it says. */
  status(method: 'GET' | 'POST' | 'DELETE', path: string): Promise<number>;
}

export async function openSession(url: string, username: string): Promise<ApiSession> {
  const signedIn = await fetch(`${url}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username, password }),
  });
  if (!signedIn.ok) throw new Error(`${username} cannot sign in: ${await signedIn.text()}`);
  const cookie = signedIn.headers.getSetCookie()[0]?.split(';', 1)[0] ?? '';
  const ask = (method: string, path: string, body?: object) =>
    fetch(`${url}${path}`, {
      method,
      headers: { cookie, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const read = async <T>(method: string, path: string, body?: object): Promise<T> => {
    const response = await ask(method, path, body);
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text) as T;
  };
  return {
    get: (path) => read('GET', path),
    send: read,
    async status(method, path) {
      const response = await ask(method, path);
      await response.body?.cancel();
      return response.status;
    },
  };
}
