import { createHash } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { parseAuthParameters } from './digest-authority.ts';

export interface RtspReply {
  readonly status: number;
  /** Values by lower-case name; a name that came several times has several. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  readonly body: string;
}

export interface InterleavedPacket {
  readonly channel: number;
  readonly packet: Buffer;
  readonly arrivedMs: number;
}

export interface TestClientOptions {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
  /** Which of the server's challenges to answer. */
  readonly algorithm?: 'MD5' | 'SHA-256';
}

/**
 * A bare RTSP client for trying the fleet without the product's own: one request at a time, digest
 * answered once, interleaved packets handed to `onPacket`.
 */
export class TestRtspClient {
  readonly #socket: Socket;
  readonly #options: TestClientOptions;
  #pending: Buffer = Buffer.alloc(0);
  #cseq = 0;
  #awaited: ((reply: RtspReply) => void) | null = null;
  #challenge: Map<string, string> | null = null;
  onPacket: (packet: InterleavedPacket) => void = () => {};
  readonly closed: Promise<void>;

  private constructor(socket: Socket, options: TestClientOptions) {
    this.#socket = socket;
    this.#options = options;
    socket.on('data', (chunk) => this.#take(chunk));
    socket.on('error', () => {});
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
  }

  static connect(options: TestClientOptions): Promise<TestRtspClient> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: options.host, port: options.port }, () => {
        socket.removeListener('error', reject);
        resolve(new TestRtspClient(socket, options));
      });
      socket.once('error', reject);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  /** Sends a request and gives the reply; a 401 is answered once with the chosen algorithm. */
  async request(
    method: string,
    uri: string,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<RtspReply> {
    const reply = await this.#exchange(method, uri, headers);
    if (reply.status !== 401) return reply;
    const wanted = this.#options.algorithm ?? 'MD5';
    const challenge = (reply.headers.get('www-authenticate') ?? [])
      .map((header) => parseAuthParameters(header.slice(7)))
      .find((parameters) => (parameters.get('algorithm') ?? 'MD5') === wanted);
    if (challenge === undefined) return reply;
    this.#challenge = challenge;
    return this.#exchange(method, uri, headers);
  }

  #authorization(method: string, uri: string): string[] {
    const challenge = this.#challenge;
    if (challenge === null) return [];
    const { username, password, algorithm } = this.#options;
    const hash = (text: string) =>
      createHash(algorithm === 'SHA-256' ? 'sha256' : 'md5')
        .update(text)
        .digest('hex');
    const realm = challenge.get('realm') ?? '';
    const nonce = challenge.get('nonce') ?? '';
    const response = hash(
      `${hash(`${username}:${realm}:${password}`)}:${nonce}:00000001:abc:auth:${hash(`${method}:${uri}`)}`,
    );
    return [
      `Authorization: Digest username="${username}", realm="${realm}", nonce="${nonce}", ` +
        `uri="${uri}", qop=auth, nc=00000001, cnonce="abc", response="${response}"` +
        (algorithm === 'SHA-256' ? ', algorithm=SHA-256' : ''),
    ];
  }

  #exchange(
    method: string,
    uri: string,
    headers: Readonly<Record<string, string>>,
  ): Promise<RtspReply> {
    this.#cseq += 1;
    const lines = [
      `${method} ${uri} RTSP/1.0`,
      `CSeq: ${this.#cseq}`,
      ...this.#authorization(method, uri),
      ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ];
    this.#socket.write(`${lines.join('\r\n')}\r\n\r\n`);
    return new Promise((resolve, reject) => {
      this.#awaited = resolve;
      void this.closed.then(() => reject(new Error('the connection was closed')));
    });
  }

  #take(chunk: Buffer): void {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    while (this.#takeOne());
  }

  #takeOne(): boolean {
    const pending = this.#pending;
    if (pending.length < 4) return false;
    if (pending[0] === 0x24) {
      const end = 4 + pending.readUInt16BE(2);
      if (pending.length < end) return false;
      this.#pending = pending.subarray(end);
      const packet = pending.subarray(4, end);
      this.onPacket({ channel: pending[1] ?? 0, packet, arrivedMs: Date.now() });
      return true;
    }
    const headerEnd = pending.indexOf('\r\n\r\n');
    if (headerEnd < 0) return false;
    const [statusLine = '', ...lines] = pending.toString('latin1', 0, headerEnd).split('\r\n');
    const headers = new Map<string, string[]>();
    for (const line of lines) {
      const [, name = '', value = ''] = /^([^:]+):\s*(.*)$/.exec(line) ?? [];
      headers.set(name.toLowerCase(), [...(headers.get(name.toLowerCase()) ?? []), value]);
    }
    const end = headerEnd + 4 + Number(headers.get('content-length')?.[0] ?? 0);
    if (pending.length < end) return false;
    this.#pending = pending.subarray(end);
    const body = pending.toString('utf8', headerEnd + 4, end);
    this.#awaited?.({ status: Number(statusLine.split(' ')[1]), headers, body });
    return true;
  }

  /** DESCRIBE, SETUP of the first track and PLAY; gives the SETUP reply. Throws unless all are 200. */
  async play(uri: string): Promise<RtspReply> {
    const description = await this.request('DESCRIBE', uri, { Accept: 'application/sdp' });
    const control = /m=video[\s\S]*?a=control:(\S+)/.exec(description.body)?.[1] ?? '';
    const base = description.headers.get('content-base')?.[0] ?? `${uri}/`;
    const track = control.startsWith('rtsp://') ? control : base + control;
    const setup = await this.request('SETUP', track, {
      Transport: 'RTP/AVP/TCP;unicast;interleaved=0-1',
    });
    const session = setup.headers.get('session')?.[0]?.split(';')[0] ?? '';
    const playing = await this.request('PLAY', uri, { Session: session });
    const statuses = [description.status, setup.status, playing.status];
    if (statuses.some((status) => status !== 200)) throw new Error(`refused: ${statuses.join()}`);
    return setup;
  }
}
