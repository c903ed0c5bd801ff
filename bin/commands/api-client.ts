import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import type { ErrorBody } from '@nigehban/domain/api/http-types.ts';
import { Fault, fromFaultMessage } from '@nigehban/domain/faults.ts';

/** A person signed in to a running server, who signs out at the end. */
export interface ApiClient {
  /** JSON; a body of bytes is sent as a file. @throws Fault of the server */
  json<T>(method: 'GET' | 'POST', path: string, body?: Uint8Array | object): Promise<T>;
  /** Bytes. @throws Fault of the server */
  bytes(method: 'GET' | 'POST', path: string): Promise<Buffer>;
  signOut(): Promise<void>;
}

/**
 * Signs in with NIGEHBAN_PASSWORD, or asks for the password at the terminal. @throws Fault of the
 * server, REQUEST_INVALID when it does not answer
 */
export async function signInTo(
  server: string,
  user: string,
  environment: NodeJS.ProcessEnv,
): Promise<ApiClient> {
  const password = environment.NIGEHBAN_PASSWORD ?? (await askPassword(user));
  const signedIn = await ask(server, '/api/session', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: user, password }),
  });
  const cookie = signedIn.headers.getSetCookie()[0]?.split(';', 1)[0] ?? '';
  const send = (method: string, path: string, body?: Uint8Array | object) => {
    const isFile = body instanceof Uint8Array;
    const type = isFile ? 'application/octet-stream' : 'application/json';
    return ask(server, path, {
      method,
      headers: { cookie, ...(body === undefined ? {} : { 'content-type': type }) },
      ...(body === undefined ? {} : { body: isFile ? new Uint8Array(body) : JSON.stringify(body) }),
    });
  };
  return {
    json: async <T>(method: string, path: string, body?: Uint8Array | object) =>
      (await (await send(method, path, body)).json()) as T,
    bytes: async (method, path) => Buffer.from(await (await send(method, path)).arrayBuffer()),
    async signOut() {
      await send('DELETE', '/api/session').catch(() => {});
    },
  };
}

async function ask(server: string, path: string, init: RequestInit): Promise<Response> {
  const response = await fetch(new URL(path, server), init).catch((cause: unknown) => {
    throw new Fault('REQUEST_INVALID', `The server ${server} does not answer`, { cause });
  });
  if (response.ok) return response;
  const body = (await response.json().catch(() => null)) as ErrorBody | null;
  if (body?.error === undefined) {
    throw new Fault('REQUEST_INVALID', `${server} answers ${response.status}: is it Nigehban?`);
  }
  throw fromFaultMessage(body.error);
}

/** A file that the command names. @throws Fault REQUEST_INVALID when it cannot be read */
export function readGivenFile(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new Fault('REQUEST_INVALID', `Cannot read ${file}`, { cause });
  }
}

/** Asked at the terminal; what is typed is not shown. */
async function askPassword(user: string): Promise<string> {
  const silent = { write: () => true } as unknown as NodeJS.WritableStream;
  process.stderr.write(`Password of ${user}: `);
  const terminal = createInterface({
    input: process.stdin,
    output: silent,
    terminal: process.stdin.isTTY === true,
  });
  try {
    return await terminal.question('');
  } finally {
    terminal.close();
    process.stderr.write('\n');
  }
}
