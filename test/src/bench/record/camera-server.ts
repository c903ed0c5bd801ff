import { createServer, type Server, type Socket } from 'node:net';

/** How a camera treats those who pull it. */
export type Behaviour =
  | 'well'
  /** Half a packet, then nothing: neither packets nor answers. */
  | 'frozen'
  /** Answers, sends no packet. */
  | 'silent'
  /** Connections are taken and nothing is ever answered or sent. */
  | 'blackhole'
  /** Packets as fast as they are taken. */
  | 'flood'
  /** Bytes that are neither packet nor message. */
  | 'garbage';

export const behaviours: readonly Behaviour[] = [
  'frozen',
  'flood',
  'garbage',
  'blackhole',
  'silent',
];

/** Beyond this the next time round would change bytes that have not left yet. */
const maxUnsentBytes = 1_000_000;

/** One camera: an RTSP server on an address of its own, packets interleaved (RFC 2326 §10.12). */
export class CameraServer {
  readonly #sdp: string;
  readonly #framesPerBurst: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Those that play; they start with a key frame. */
  #waiting: Socket[] = [];
  #playing: Socket[] = [];
  behaviour: Behaviour = 'well';
  framesSent = 0;
  /** Connections that were given up because they did not read. */
  stuck = 0;
  port = 0;

  constructor(sdp: string, framesPerBurst: number) {
    this.#sdp = sdp;
    this.#framesPerBurst = framesPerBurst;
    this.#server = createServer((socket) => this.#accept(socket));
  }

  listen(address: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(0, address, () => {
        const bound = this.#server.address();
        if (bound !== null && typeof bound === 'object') this.port = bound.port;
        resolve();
      });
    });
  }

  /** Sends one burst to whoever plays. */
  send(bytes: Buffer, startsWithKey: boolean): void {
    if (startsWithKey && this.#waiting.length > 0) {
      this.#playing.push(...this.#waiting);
      this.#waiting = [];
    }
    if (this.#playing.length === 0 || this.behaviour !== 'well') return;
    for (const socket of this.#playing) {
      socket.write(bytes);
      if (socket.writableLength > maxUnsentBytes) {
        this.stuck += 1;
        socket.destroy();
      }
    }
    this.framesSent += this.#framesPerBurst;
  }

  /** Takes a behaviour towards the present connections and those to come. */
  behave(behaviour: Behaviour): void {
    this.behaviour = behaviour;
    for (const socket of this.#playing) this.#misbehave(socket);
  }

  #accept(socket: Socket): void {
    let unread = '';
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#sockets.delete(socket);
      this.#playing = this.#playing.filter((other) => other !== socket);
      this.#waiting = this.#waiting.filter((other) => other !== socket);
    });
    socket.on('data', (bytes) => {
      unread += bytes.toString('latin1');
      for (;;) {
        if (unread.startsWith('$')) {
          const length = 4 + ((unread.charCodeAt(2) << 8) | unread.charCodeAt(3));
          if (unread.length < 4 || unread.length < length) return;
          unread = unread.slice(length);
          continue;
        }
        const end = unread.indexOf('\r\n\r\n');
        if (end < 0) return;
        this.#answer(socket, unread.slice(0, end));
        unread = unread.slice(end + 4);
      }
    });
  }

  #answer(socket: Socket, request: string): void {
    if (this.behaviour === 'frozen' || this.behaviour === 'blackhole') return;
    if (this.behaviour === 'garbage') {
      this.#misbehave(socket);
      return;
    }
    const [method = '', uri = ''] = request.split(' ');
    const cseq = /^CSeq: *(\d+)/im.exec(request)?.[1] ?? '0';
    const start = `RTSP/1.0 200 OK\r\nCSeq: ${cseq}\r\n`;
    if (method === 'DESCRIBE') {
      const head = `Content-Type: application/sdp\r\nContent-Base: ${uri}/\r\n`;
      socket.write(`${start}${head}Content-Length: ${this.#sdp.length}\r\n\r\n${this.#sdp}`);
    } else if (method === 'SETUP') {
      const transport = 'Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n';
      socket.write(`${start}Session: 1;timeout=60\r\n${transport}\r\n`);
    } else if (method === 'OPTIONS') {
      socket.write(
        `${start}Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER\r\n\r\n`,
      );
    } else {
      socket.write(`${start}Session: 1\r\n\r\n`);
      if (method === 'PLAY') {
        this.#waiting.push(socket);
        if (this.behaviour === 'flood') this.#misbehave(socket);
      }
      if (method === 'TEARDOWN') socket.end();
    }
  }

  #misbehave(socket: Socket): void {
    if (this.behaviour === 'frozen') {
      socket.write(Buffer.from([0x24, 0, 5, 0, 0x80, 96, 1, 2]));
    } else if (this.behaviour === 'garbage') {
      socket.write(Buffer.alloc(20_000, 'lamb!\u0001'));
    } else if (this.behaviour === 'flood') {
      const packet = Buffer.alloc(4 + 1400);
      packet.set([0x24, 0, 1400 >> 8, 1400 & 0xff, 0x80, 96]);
      const many = Buffer.concat(Array.from({ length: 46 }, () => packet));
      const pour = () => {
        while (this.behaviour === 'flood' && !socket.destroyed && socket.write(many)) {
          // Until the socket takes no more.
        }
      };
      socket.on('drain', pour);
      pour();
    }
  }
}
