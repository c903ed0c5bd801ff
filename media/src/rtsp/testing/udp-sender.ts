import { createSocket, type Socket } from 'node:dgram';
import type { AddressInfo } from 'node:net';
import type { ScriptedRequest } from './scripted-rtsp-server.ts';

/** The UDP side of a scripted server: one pair of ports for its only track. */
export class UdpSender {
  /** What came to the RTCP port. */
  readonly reports: Buffer[] = [];
  readonly #rtp: Socket;
  readonly #rtcp: Socket;
  /** RTP port of the client that set up last. */
  clientPort = 0;

  private constructor(rtp: Socket, rtcp: Socket) {
    this.#rtp = rtp;
    this.#rtcp = rtcp;
    rtcp.on('message', (bytes) => this.reports.push(Buffer.from(bytes)));
  }

  static async bind(address = '127.0.0.1'): Promise<UdpSender> {
    const bind = async () => {
      const socket = createSocket('udp4');
      await new Promise<void>((resolve) => socket.bind(0, address, resolve));
      return socket;
    };
    return new UdpSender(await bind(), await bind());
  }

  get ports(): string {
    return [this.#rtp, this.#rtcp]
      .map((socket) => (socket.address() as AddressInfo).port)
      .join('-');
  }

  /** The answer to a SETUP over UDP; undefined for any other request. */
  respond(request: ScriptedRequest, extra = `;server_port=${this.ports}`): string | undefined {
    if (request.method !== 'SETUP') return undefined;
    const ports = /client_port=(\d+)-(\d+)/.exec(request.headers.get('transport') ?? '');
    if (ports === null) return undefined;
    this.clientPort = Number(ports[1]);
    return (
      'RTSP/1.0 200 OK\r\nSession: udp\r\n' +
      `Transport: RTP/AVP;unicast;client_port=${ports[1]}-${ports[2]}${extra}\r\n\r\n`
    );
  }

  sendRtp(packet: Buffer): Promise<void> {
    return send(this.#rtp, packet, this.clientPort);
  }

  sendRtcp(packet: Buffer): Promise<void> {
    return send(this.#rtcp, packet, this.clientPort + 1);
  }

  async close(): Promise<void> {
    for (const socket of [this.#rtp, this.#rtcp]) {
      await new Promise<void>((resolve) => socket.close(() => resolve()));
    }
  }
}

function send(socket: Socket, packet: Buffer, port: number): Promise<void> {
  return new Promise((resolve) => socket.send(packet, port, '127.0.0.1', () => resolve()));
}
