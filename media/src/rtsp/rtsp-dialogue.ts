import { MediaError } from '../media-error.ts';
import { RtspAccess, type RtspAccessOptions } from './rtsp-access.ts';
import {
  RtspConnection,
  type RtspConnectionHandler,
  type RtspConnectionOptions,
} from './rtsp-connection.ts';
import { headerOf, type RtspResponse } from './rtsp-message.ts';
import { followRedirect, parseRtspUrl, type RtspAddress } from './rtsp-url.ts';
import { parseSdp, type SessionDescription } from './sdp.ts';

type Header = readonly [name: string, value: string];

export interface Described {
  readonly dialogue: RtspDialogue;
  readonly description: SessionDescription;
  /** What relative controls are relative to (RFC 2326 §C.1.1). */
  readonly baseUri: string;
  /** Methods that the server listed in `Public`, upper case; empty when it listed none. */
  readonly methods: ReadonlySet<string>;
}

export interface DialogueOptions
  extends Omit<RtspConnectionOptions, 'host' | 'port'>,
    RtspAccessOptions {}

const USER_AGENT = 'Nigehban';
const MAX_REDIRECTS = 3;

/** Requests and answers over one connection, with the credential's part done. */
export class RtspDialogue {
  readonly connection: RtspConnection;
  readonly #access: RtspAccess;
  readonly #connected: Promise<void>;

  constructor(address: RtspAddress, options: DialogueOptions, handler: RtspConnectionHandler) {
    this.#access = new RtspAccess(options);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#connected = promise;
    // A failed connection may have nobody waiting for it any more.
    promise.catch(() => {});
    this.connection = new RtspConnection(
      { ...options, host: address.host, port: address.port },
      {
        onConnected: () => {
          resolve();
          handler.onConnected();
        },
        onInterleaved: handler.onInterleaved,
        onRequest: handler.onRequest,
        onClosed: (error) => {
          reject(error);
          handler.onClosed(error);
        },
      },
    );
  }

  /**
   * Sends a request and gives its answer, having answered a 401 at most once with what the server
   * asked for. `onSuccess` runs synchronously in the read that brought a 2xx answer. Rejects with
   * MediaError.
   */
  async exchange(
    method: string,
    uri: string,
    headers: readonly Header[] = [],
    onSuccess?: (response: RtspResponse) => void,
  ): Promise<RtspResponse> {
    await this.#connected;
    let refusals = 0;
    for (;;) {
      const authorization = this.#access.authorize(method, uri);
      const all: Header[] = [...headers, ['User-Agent', USER_AGENT]];
      if (authorization !== undefined) all.push(['Authorization', authorization]);
      const response = await new Promise<RtspResponse>((resolve, reject) => {
        this.connection.send(
          method,
          uri,
          all,
          (answer) => {
            if (isSuccess(answer)) onSuccess?.(answer);
            resolve(answer);
          },
          reject,
        );
      });
      if (response.statusCode !== 401) {
        if (authorization !== undefined) this.#access.noteAccepted();
        return response;
      }
      if (authorization !== undefined) refusals++;
      if (refusals > 1) throw refusalOf(response, method);
      this.#access.challenge(response, authorization !== undefined);
    }
  }

  /** As {@link exchange}, but any answer other than 2xx rejects with its coded MediaError. */
  async demand(
    method: string,
    uri: string,
    headers: readonly Header[] = [],
    onSuccess?: (response: RtspResponse) => void,
  ): Promise<RtspResponse> {
    const response = await this.exchange(method, uri, headers, onSuccess);
    if (!isSuccess(response)) throw refusalOf(response, method);
    return response;
  }
}

/**
 * Dials, asks OPTIONS and DESCRIBE, and follows redirects within the configured host. `handlerOf`
 * makes each connection's handler; `onDialogue` hears of each connection as it is dialled, so that
 * the caller can end it. Rejects with MediaError.
 */
export async function describeStream(
  url: string,
  options: DialogueOptions,
  handlerOf: () => RtspConnectionHandler,
  onDialogue: (dialogue: RtspDialogue) => void,
): Promise<Described> {
  let address = parseRtspUrl(url);
  for (let redirects = 0; ; redirects++) {
    const dialogue = new RtspDialogue(address, options, handlerOf());
    onDialogue(dialogue);
    const methods = await listMethods(dialogue, address.uri);
    const response = await dialogue.exchange('DESCRIBE', address.uri, [
      ['Accept', 'application/sdp'],
    ]);
    if (response.statusCode >= 300 && response.statusCode < 400) {
      if (redirects >= MAX_REDIRECTS) {
        throw new MediaError('REDIRECT_REFUSED', `more than ${MAX_REDIRECTS} redirects`);
      }
      address = followRedirect(address, headerOf(response, 'location'));
      continue;
    }
    if (!isSuccess(response)) throw refusalOf(response, 'DESCRIBE');
    return {
      dialogue,
      description: parseSdp(response.body.toString('utf8')),
      baseUri: baseOf(response, address.uri),
      methods,
    };
  }
}

/** The coded error for an answer other than 2xx (RFC 2326 §11). */
export function refusalOf(response: RtspResponse, method: string): MediaError {
  const { statusCode, reason } = response;
  const text = `${method} answered ${statusCode} ${reason}`.trim();
  const options = { statusCode };
  // Cameras that lock an account after wrong passwords say so with 403.
  if (statusCode === 401 || statusCode === 403)
    return new MediaError('AUTH_REFUSED', text, options);
  if (statusCode === 404 || statusCode === 410) return new MediaError('NOT_FOUND', text, options);
  if (statusCode === 453 || statusCode === 503) {
    return new MediaError('SESSIONS_EXHAUSTED', text, options);
  }
  return new MediaError('SERVER_REFUSED', text, options);
}

export function isSuccess(response: RtspResponse): boolean {
  return response.statusCode >= 200 && response.statusCode < 300;
}

async function listMethods(dialogue: RtspDialogue, uri: string): Promise<ReadonlySet<string>> {
  const response = await dialogue.exchange('OPTIONS', uri);
  // Servers without OPTIONS for this path still DESCRIBE it, so that answer decides.
  const lists = isSuccess(response) ? (response.headers.get('public') ?? []) : [];
  return new Set(
    lists.flatMap((list) => list.split(',').map((method) => method.trim().toUpperCase())),
  );
}

function baseOf(response: RtspResponse, requestUri: string): string {
  for (const name of ['content-base', 'content-location']) {
    const value = headerOf(response, name);
    if (value !== undefined && /^rtsp:\/\/[\u0021-\u007e]+$/i.test(value)) return value;
  }
  return requestUri;
}
