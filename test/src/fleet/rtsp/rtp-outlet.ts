import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import type { Socket } from 'node:net';
import type { CameraState } from '../camera-state.ts';
import { interleavedHeaderBytes } from '../streams/clip.ts';

/** Where a sender's packets go, each with its interleaved header; a TCP socket is one. */
export interface RtpOutlet {
  readonly writableLength: number;
  write(interleaved: Buffer): unknown;
  /** Ends the client's RTSP connection behind what was written. */
  destroySoon(): unknown;
}

interface Held {
  readonly packet: Buffer;
  /** Goes out after so many others. */
  readonly behind: number;
  readonly sentBefore: number;
}

const maxBehind = 5;
/** A network that reorders packets does not keep one longer than this. */
const maxHeldMs = 25;

/** Sends over UDP from two ports of the camera's address, with the faults of a network in between. */
export class UdpOutlet implements RtpOutlet {
  readonly writableLength = 0;
  readonly serverPort: number;
  readonly #sockets: readonly [rtp: UdpSocket, rtcp: UdpSocket];
  readonly #client: { readonly address: string; readonly port: number };
  readonly #connection: Socket;
  readonly #camera: CameraState;
  #held: readonly Held[] = [];
  #sent = 0;
  #release: NodeJS.Timeout | undefined;
  #isClosed = false;

  private constructor(
    sockets: readonly [UdpSocket, UdpSocket],
    client: { readonly address: string; readonly port: number },
    connection: Socket,
    camera: CameraState,
  ) {
    this.#sockets = sockets;
    this.#client = client;
    this.#connection = connection;
    this.#camera = camera;
    this.serverPort = sockets[0].address().port;
    for (const socket of sockets) socket.on('error', () => {});
    sockets[1].on('message', () => {
      camera.counters.rtcpReceived += 1;
    });
  }

  /** Binds free ports, neighbours if possible; `clientPort` takes RTP, the next one RTCP. */
  static async open(
    connection: Socket,
    camera: CameraState,
    clientPort: number,
  ): Promise<UdpOutlet> {
    const client = { address: connection.remoteAddress ?? '', port: clientPort };
    const { address } = camera.plan;
    const rtp = await bind(address, 0);
    const rtcp = await bind(address, rtp.address().port + 1).catch(() => bind(address, 0));
    return new UdpOutlet([rtp, rtcp], client, connection, camera);
  }

  get ports(): string {
    return this.#sockets.map((socket) => socket.address().port).join('-');
  }

  write(interleaved: Buffer): void {
    for (let at = 0; at + interleavedHeaderBytes <= interleaved.length; ) {
      const isRtcp = ((interleaved[at + 1] ?? 0) & 1) === 1;
      const end = at + interleavedHeaderBytes + interleaved.readUInt16BE(at + 2);
      const packet = interleaved.subarray(at + interleavedHeaderBytes, end);
      at = end;
      if (isRtcp) this.#send(1, packet);
      else this.#sendRtp(packet);
    }
  }

  destroySoon(): void {
    this.#connection.destroySoon();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#release);
    for (const socket of this.#sockets) socket.close();
  }

  #sendRtp(packet: Buffer): void {
    const ratio = this.#camera.fault('reorder')?.ratio ?? 0;
    if (this.#camera.random() < ratio) {
      const behind = 1 + Math.floor(this.#camera.random() * maxBehind);
      this.#held = [...this.#held, { packet, behind, sentBefore: this.#sent }];
      this.#release ??= setTimeout(() => this.#sendHeld(() => true), maxHeldMs);
      return;
    }
    this.#send(0, packet);
    this.#sent += 1;
    this.#sendHeld((held) => this.#sent - held.sentBefore >= held.behind);
  }

  #sendHeld(isDue: (held: Held) => boolean): void {
    if (this.#held.length === 0) return;
    const due = this.#held.filter(isDue);
    this.#held = this.#held.filter((held) => !due.includes(held));
    for (const held of due) {
      if (this.#sent > held.sentBefore) this.#camera.counters.rtpPacketsReordered += 1;
      this.#send(0, held.packet);
    }
    if (this.#held.length > 0) return;
    clearTimeout(this.#release);
    this.#release = undefined;
  }

  #send(index: 0 | 1, packet: Buffer): void {
    if (this.#isClosed || this.#camera.hasFault('udp-blocked')) return;
    const { address, port } = this.#client;
    this.#sockets[index].send(packet, port + index, address, () => {});
  }
}

function bind(address: string, port: number): Promise<UdpSocket> {
  const socket = createSocket('udp4');
  return new Promise((resolve, reject) => {
    socket.once('error', (error) => {
      socket.close();
      reject(error);
    });
    socket.bind(port, address, () => {
      socket.removeAllListeners('error');
      resolve(socket);
    });
  });
}
