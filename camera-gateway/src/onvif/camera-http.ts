import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import type { Clock } from '@nigehban/config/clock/clock.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import type { Deadline } from './deadline.ts';

export interface CameraRequest {
  /** The camera's registered address; nothing that an answer says changes it. */
  readonly address: string;
  readonly port: number;
  /** With query, beginning with `/`. */
  readonly path: string;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

export interface ReplyHead {
  readonly status: number;
  readonly contentType: string | undefined;
  readonly location: string | undefined;
  readonly challenges: readonly string[];
}

/** Takes a body piece by piece. What it throws ends the exchange. */
export interface BodyReader<T> {
  write(bytes: Uint8Array): void;
  end(): T;
}

export interface ExchangeLimits {
  readonly deadline: Deadline;
  /** Share of the deadline within which the connection must stand. */
  readonly connectTimeoutMs: number;
  readonly maxBodyBytes: number;
}

export interface Reply<T> {
  readonly head: ReplyHead;
  /** Null when the body was not wanted. */
  readonly body: T | null;
}

const maxHeaderBytes = 16 * 1024;
const maxInformationalReplies = 8;

/** Errors of our own machine, which tell nothing of the camera. */
const ownErrors = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EADDRNOTAVAIL', 'EACCES']);

/** Errors by which the network says that it does not lead to the camera. */
const networkErrors = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/**
 * One request on a connection of its own, ended by the deadline even when bytes keep dripping in.
 * `accept` chooses the reader by the head, or null to hang up without reading the body.
 *
 * Throws CAMERA_UNREACHABLE (no connection), CAMERA_TIMEOUT (connected, not answered in time),
 * CAMERA_ANSWER_TOO_LARGE, CAMERA_ANSWER_INVALID (no HTTP, cut short), GATEWAY_UNAVAILABLE (our own
 * machine lacks something, or it stops), and what the reader throws.
 */
export function exchange<T>(
  clock: Clock,
  request: CameraRequest,
  limits: ExchangeLimits,
  accept: (head: ReplyHead) => BodyReader<T> | null,
): Promise<Reply<T>> {
  return new Promise((resolve, reject) => {
    const where = `${request.address}:${request.port}`;
    let connected = false;
    let settled = false;
    let outgoing: ClientRequest | undefined;

    const finish = (settle: () => void): void => {
      if (settled) return;
      settled = true;
      cancelDeadline();
      cancelConnect();
      limits.deadline.signal?.removeEventListener('abort', abandon);
      outgoing?.destroy();
      settle();
    };
    const fail = (thrown: unknown): void => finish(() => reject(thrown));
    const late = (): void =>
      fail(
        connected
          ? new Fault('CAMERA_TIMEOUT', `${where} did not answer in time`)
          : new Fault('CAMERA_UNREACHABLE', `${where}: no connection in time`),
      );
    const abandon = (): void =>
      fail(new Fault('GATEWAY_UNAVAILABLE', 'The camera gateway is stopping'));
    const remainingMs = limits.deadline.remainingMs();
    const cancelDeadline = clock.after(remainingMs, late);
    const cancelConnect = clock.after(Math.min(remainingMs, limits.connectTimeoutMs), () => {
      if (!connected) late();
    });

    const receive = (message: IncomingMessage): void => {
      message.on('error', () => fail(cutShort(where)));
      const head = readHead(message);
      const encoding = message.headers['content-encoding'] ?? 'identity';
      const announced = Number(message.headers['content-length'] ?? 0);
      let reader: BodyReader<T> | null;
      try {
        reader = accept(head);
        if (reader !== null && encoding !== 'identity') {
          throw new Fault('CAMERA_ANSWER_INVALID', `${where} compresses what must be plain`);
        }
        if (reader !== null && announced > limits.maxBodyBytes) throw tooLarge(where);
      } catch (thrown) {
        fail(thrown);
        return;
      }
      if (reader === null) {
        finish(() => resolve({ head, body: null }));
        return;
      }
      const body = reader;
      let receivedBytes = 0;
      message.on('data', (chunk: Buffer) => {
        if (settled) return;
        receivedBytes += chunk.length;
        try {
          if (receivedBytes > limits.maxBodyBytes) throw tooLarge(where);
          body.write(chunk);
        } catch (thrown) {
          fail(thrown);
        }
      });
      message.on('end', () => {
        if (settled) return;
        try {
          const value = body.end();
          finish(() => resolve({ head, body: value }));
        } catch (thrown) {
          fail(thrown);
        }
      });
      message.on('close', () => fail(cutShort(where)));
    };

    try {
      outgoing = httpRequest({
        host: request.address,
        port: request.port,
        path: request.path,
        method: request.method,
        agent: false,
        maxHeaderSize: maxHeaderBytes,
        headers: {
          ...request.headers,
          connection: 'close',
          ...(request.body === null
            ? {}
            : { 'content-length': String(Buffer.byteLength(request.body)) }),
        },
      });
    } catch (cause) {
      // A path or header that HTTP cannot carry: it came from the camera.
      fail(new Fault('CAMERA_ANSWER_INVALID', `${where} names an unusable path`, { cause }));
      return;
    }
    limits.deadline.signal?.addEventListener('abort', abandon);
    if (limits.deadline.signal?.aborted === true) abandon();
    let informational = 0;
    outgoing.on('socket', (socket) => {
      socket.once('connect', () => {
        connected = true;
        cancelConnect();
      });
    });
    outgoing.on('information', () => {
      informational += 1;
      if (informational > maxInformationalReplies) {
        fail(new Fault('CAMERA_ANSWER_INVALID', `${where} floods with interim answers`));
      }
    });
    outgoing.on('upgrade', (_message, socket) => {
      socket.destroy();
      fail(new Fault('CAMERA_ANSWER_INVALID', `${where} switches the protocol`));
    });
    outgoing.on('response', receive);
    outgoing.on('error', (error: NodeJS.ErrnoException) => fail(connectionFault(where, error)));
    outgoing.end(request.body ?? undefined);
  });
}

/** Collects a body as it is. */
export function bytesReader(): BodyReader<Buffer> {
  const chunks: Uint8Array[] = [];
  return {
    write: (bytes) => {
      chunks.push(bytes);
    },
    end: () => Buffer.concat(chunks),
  };
}

function readHead(message: IncomingMessage): ReplyHead {
  return {
    status: message.statusCode ?? 0,
    contentType: message.headers['content-type'],
    location: message.headers.location,
    challenges: message.headersDistinct['www-authenticate'] ?? [],
  };
}

function connectionFault(where: string, cause: NodeJS.ErrnoException): Fault {
  const code = cause.code ?? '';
  if (ownErrors.has(code)) {
    return new Fault('GATEWAY_UNAVAILABLE', `The gateway cannot connect (${code})`, { cause });
  }
  if (networkErrors.has(code)) {
    return new Fault('CAMERA_UNREACHABLE', `${where}: ${describe(code)}`, { cause });
  }
  if (code === 'HPE_HEADER_OVERFLOW') return tooLarge(where);
  if (code.startsWith('HPE_')) {
    return new Fault('CAMERA_ANSWER_INVALID', `${where} does not answer HTTP (${code})`, { cause });
  }
  return cutShort(where, cause);
}

function describe(code: string): string {
  switch (code) {
    case 'ECONNREFUSED':
      return 'connection refused';
    case 'EHOSTUNREACH':
    case 'EHOSTDOWN':
      return 'no such host on the network';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'name not found';
    default:
      return `network unreachable (${code})`;
  }
}

function cutShort(where: string, cause?: unknown): Fault {
  return new Fault('CAMERA_ANSWER_INVALID', `${where} closed the connection before answering`, {
    cause,
  });
}

function tooLarge(where: string): Fault {
  return new Fault('CAMERA_ANSWER_TOO_LARGE', `${where} answers more than is allowed`);
}
