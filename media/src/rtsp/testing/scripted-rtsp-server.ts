import { createHash, randomBytes } from 'node:crypto';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

export interface ScriptedRequest {
  readonly method: string;
  readonly uri: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly connection: ScriptedConnection;
}

export interface ScriptedRtspOptions {
  readonly credential?: { readonly username: string; readonly password: string };
  readonly algorithm?: 'MD5' | 'SHA-256';
  /** A nonce is accepted so often, then it is stale. */
  readonly nonceUses?: number;
  /** Whether the 401 for a used-up nonce says `stale=true`; some cameras do not. */
  readonly tellsStale?: boolean;
  readonly sdp?: string;
  readonly contentBase?: string;
  /** `Session` header of SETUP, e.g. `1234;timeout=10`. */
  readonly session?: string;
  /** Interleaved channels of the n-th SETUP. */
  readonly channels?: (setUp: number) => readonly [rtp: number, rtcp: number];
  readonly publicMethods?: string;
  /**
   * Answers in the server's stead: the whole answer without CSeq (which is put in), `silence`, or
   * undefined for the ordinary answer.
   */
  readonly respond?: (request: ScriptedRequest) => string | undefined;
  /** Cuts what is sent into pieces of this many bytes, each its own write. */
  readonly pieceBytes?: number;
}

export interface RtpToSend {
  readonly sequence: number;
  readonly timestamp: number;
  readonly payload?: Buffer;
  readonly payloadType?: number;
  readonly ssrc?: number;
}

export const H264_SDP = [
  'v=0',
  'o=- 1 1 IN IP4 127.0.0.1',
  's=scripted',
  'a=control:*',
  'm=video 0 RTP/AVP 96',
  'a=rtpmap:96 H264/90000',
  'a=fmtp:96 packetization-mode=1;sprop-parameter-sets=Z0LAH9oBQBbsBEAAAAMAQAAADIPGDKg=,aM48gA==',
  'a=control:trackID=1',
  '',
].join('\r\n');

/** Frames bytes for an interleaved channel. */
export function interleave(channel: number, packet: Buffer): Buffer {
  const head = Buffer.from([0x24, channel, packet.length >> 8, packet.length & 0xff]);
  return Buffer.concat([head, packet]);
}

export function rtpPacket(packet: RtpToSend): Buffer {
  const header = Buffer.alloc(12);
  header[0] = 0x80;
  header[1] = packet.payloadType ?? 96;
  header.writeUInt16BE(packet.sequence & 0xffff, 2);
  header.writeUInt32BE(packet.timestamp >>> 0, 4);
  header.writeUInt32BE(packet.ssrc ?? 0x1234_5678, 8);
  return Buffer.concat([header, packet.payload ?? Buffer.from([0x65, 1, 2, 3])]);
}

export class ScriptedConnection {
  readonly socket: Socket;
  /** Interleaved packets that the client sent. */
  readonly received: { readonly channel: number; readonly packet: Buffer }[] = [];
  playing = false;
  setUps = 0;

  constructor(socket: Socket) {
    this.socket = socket;
  }

  send(bytes: Buffer | string): void {
    if (!this.socket.destroyed) this.socket.write(bytes);
  }

  sendRtp(packet: RtpToSend, channel = 0): void {
    this.send(interleave(channel, rtpPacket(packet)));
  }
}

/**
 * An RTSP server over real loopback sockets that behaves as a test scripts it. Its digest check and
 * its request parsing are its own, so that it vouches for the client instead of repeating it.
 */
export class ScriptedRtspServer {
  readonly requests: ScriptedRequest[] = [];
  readonly connections: ScriptedConnection[] = [];
  options: ScriptedRtspOptions;
  readonly #server: Server;
  #nonce = randomBytes(8).toString('hex');
  #uses = 0;

  private constructor(options: ScriptedRtspOptions) {
    this.options = options;
    this.#server = createServer((socket) => this.#accept(socket));
  }

  /** Listens on a free port of 127.0.0.1, or on a given port again, or on another address. */
  static async listen(
    options: ScriptedRtspOptions = {},
    port = 0,
    address = '127.0.0.1',
  ): Promise<ScriptedRtspServer> {
    const server = new ScriptedRtspServer(options);
    await new Promise<void>((resolve, reject) => {
      server.#server.once('error', reject);
      server.#server.listen(port, address, resolve);
    });
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    const { address, port } = this.#server.address() as AddressInfo;
    return `rtsp://${address}:${port}/main`;
  }

  get last(): ScriptedConnection | undefined {
    return this.connections.at(-1);
  }

  /** Connections that play now. */
  get playing(): readonly ScriptedConnection[] {
    return this.connections.filter((connection) => connection.playing);
  }

  methods(): string[] {
    return this.requests.map((request) => request.method);
  }

  drop(): void {
    for (const connection of this.connections) connection.socket.destroy();
  }

  async close(): Promise<void> {
    this.drop();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  #accept(socket: Socket): void {
    const connection = new ScriptedConnection(socket);
    this.connections.push(connection);
    let pending = Buffer.alloc(0);
    socket.setNoDelay(true);
    socket.on('error', () => {});
    socket.on('close', () => {
      connection.playing = false;
    });
    socket.on('data', (bytes) => {
      pending = Buffer.concat([pending, bytes]);
      for (;;) {
        if (pending[0] === 0x24) {
          if (pending.length < 4 || pending.length < 4 + pending.readUInt16BE(2)) return;
          const end = 4 + pending.readUInt16BE(2);
          connection.received.push({ channel: pending[1] ?? 0, packet: pending.subarray(4, end) });
          pending = pending.subarray(end);
          continue;
        }
        const end = pending.indexOf('\r\n\r\n');
        if (end < 0) return;
        const text = pending.toString('latin1', 0, end);
        pending = pending.subarray(end + 4);
        if (!text.startsWith('RTSP/')) this.#answer(connection, text);
        else this.requests.push(requestOf(connection, text));
      }
    });
  }

  #answer(connection: ScriptedConnection, text: string): void {
    const request = requestOf(connection, text);
    this.requests.push(request);
    const answer = this.options.respond?.(request) ?? this.#ordinary(request);
    if (answer === 'silence') return;
    const cseq = request.headers.get('cseq') ?? '0';
    this.#sendInPieces(connection, answer.replace('\r\n', `\r\nCSeq: ${cseq}\r\n`));
  }

  #sendInPieces(connection: ScriptedConnection, text: string): void {
    const bytes = Buffer.from(text, 'latin1');
    const size = this.options.pieceBytes ?? bytes.length;
    for (let at = 0; at < bytes.length; at += size) connection.send(bytes.subarray(at, at + size));
  }

  #ordinary(request: ScriptedRequest): string {
    const challenge = this.#challenge(request);
    if (challenge !== undefined) return challenge;
    const { connection } = request;
    switch (request.method) {
      case 'OPTIONS': {
        const methods = this.options.publicMethods ?? 'OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN';
        return `RTSP/1.0 200 OK\r\nPublic: ${methods}\r\n\r\n`;
      }
      case 'DESCRIBE': {
        const sdp = this.options.sdp ?? H264_SDP;
        const base = this.options.contentBase ?? `${request.uri}/`;
        return (
          `RTSP/1.0 200 OK\r\nContent-Type: application/sdp\r\nContent-Base: ${base}\r\n` +
          `Content-Length: ${Buffer.byteLength(sdp)}\r\n\r\n${sdp}`
        );
      }
      case 'SETUP': {
        const index = connection.setUps++;
        const [rtp, rtcp] = this.options.channels?.(index) ?? [index * 2, index * 2 + 1];
        return (
          `RTSP/1.0 200 OK\r\nSession: ${this.options.session ?? 'scripted'}\r\n` +
          `Transport: RTP/AVP/TCP;unicast;interleaved=${rtp}-${rtcp}\r\n\r\n`
        );
      }
      case 'PLAY':
        connection.playing = true;
        return 'RTSP/1.0 200 OK\r\n\r\n';
      case 'TEARDOWN':
        connection.playing = false;
        return 'RTSP/1.0 200 OK\r\n\r\n';
      case 'GET_PARAMETER':
        return 'RTSP/1.0 200 OK\r\n\r\n';
      default:
        return 'RTSP/1.0 501 Not Implemented\r\n\r\n';
    }
  }

  #challenge(request: ScriptedRequest): string | undefined {
    const { credential, algorithm = 'MD5', nonceUses, tellsStale = true } = this.options;
    if (credential === undefined) return undefined;
    const fields = new Map<string, string>();
    for (const match of (request.headers.get('authorization') ?? '').matchAll(
      /(\w+)=(?:"([^"]*)"|([^,\s]+))/g,
    )) {
      fields.set(match[1] ?? '', match[2] ?? match[3] ?? '');
    }
    const hash = (text: string): string =>
      createHash(algorithm === 'MD5' ? 'md5' : 'sha256')
        .update(text)
        .digest('hex');
    const refuse = (stale: boolean): string => {
      this.#nonce = randomBytes(8).toString('hex');
      this.#uses = 0;
      return (
        `RTSP/1.0 401 Unauthorized\r\nWWW-Authenticate: Digest realm="scripted", ` +
        `nonce="${this.#nonce}", qop="auth", algorithm=${algorithm}` +
        `${stale && tellsStale ? ', stale=true' : ''}\r\n\r\n`
      );
    };
    const username = fields.get('username');
    if (username === undefined) return refuse(false);
    const nonce = fields.get('nonce') ?? '';
    const secret = hash(`${credential.username}:scripted:${credential.password}`);
    const target = hash(`${request.method}:${request.uri}`);
    const expected = hash(
      `${secret}:${nonce}:${fields.get('nc')}:${fields.get('cnonce')}:auth:${target}`,
    );
    if (username !== credential.username || fields.get('response') !== expected) {
      return refuse(false);
    }
    if (nonce !== this.#nonce) return refuse(true);
    this.#uses++;
    if (Number.parseInt(fields.get('nc') ?? '', 16) !== this.#uses) return refuse(false);
    if (nonceUses !== undefined && this.#uses > nonceUses) return refuse(true);
    return undefined;
  }
}

function requestOf(connection: ScriptedConnection, text: string): ScriptedRequest {
  const [start = '', ...lines] = text.split('\r\n');
  const [method = '', uri = ''] = start.split(' ');
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  return { method, uri, headers, connection };
}
