import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { MediaError } from '../media-error.ts';

export interface UdpPairOptions {
  /** The node's own address towards the camera: that of the RTSP connection. */
  readonly localAddress: string;
  /** First and last port to choose pairs from; the choice begins at a random one. */
  readonly ports: { readonly first: number; readonly last: number };
  /** Asked of the kernel for the RTP socket; it gives at most `net.core.rmem_max`. */
  readonly receiveBufferBytes: number;
  readonly random: () => number;
}

/** Where a server says that it sends from (RFC 2326 §12.39), as far as it says so. */
export interface UdpPeer {
  /** Of the RTSP server: where reports go. */
  readonly address: string;
  /** Another address that its packets may come from. */
  readonly source: string | undefined;
  readonly rtpPort: number | undefined;
  readonly rtcpPort: number | undefined;
}

type OnDatagram = (bytes: Buffer, isRtcp: boolean) => void;

const MAX_ATTEMPTS = 32;
/** An RTP header without payload, as players send it to open the way back through a firewall. */
const OPENING_RTP = Buffer.from([0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
/** A receiver report without blocks (RFC 3550 §6.4.2). */
const OPENING_RTCP = Buffer.from([0x80, 201, 0, 1, 0, 0, 0, 0]);

/**
 * The two sockets of one track over UDP: RTP on an even port, RTCP on the next (RFC 3550 §11).
 * Datagrams from other addresses or ports than the peer's are dropped and counted; without a port
 * from the server, the first that sends from its address is the peer.
 */
export class UdpPair {
  readonly rtpPort: number;
  readonly #sockets: readonly [rtp: Socket, rtcp: Socket];
  readonly #peerPorts: (number | undefined)[] = [undefined, undefined];
  #peer: UdpPeer | undefined;
  #closing: Promise<void> | undefined;
  /** Datagrams from elsewhere. */
  strangers = 0;

  private constructor(rtpPort: number, sockets: readonly [Socket, Socket], onDatagram: OnDatagram) {
    this.rtpPort = rtpPort;
    this.#sockets = sockets;
    for (const [index, socket] of sockets.entries()) {
      socket.on('message', (bytes, from) => {
        if (this.#isPeer(index, from)) onDatagram(bytes, index === 1);
      });
      // An ICMP answer to a report is no fault of the stream: silence is judged by packets alone.
      socket.on('error', () => {});
    }
  }

  /** Binds a free pair. Rejects with MediaError LIMIT_EXCEEDED when there is none. */
  static async open(options: UdpPairOptions, onDatagram: OnDatagram): Promise<UdpPair> {
    const { localAddress, ports, receiveBufferBytes, random } = options;
    const first = ports.first + (ports.first % 2);
    const pairs = Math.floor((ports.last + 1 - first) / 2);
    const start = Math.floor(random() * pairs);
    let cause: unknown;
    for (let attempt = 0; attempt < Math.min(pairs, MAX_ATTEMPTS); attempt++) {
      const port = first + ((start + attempt) % pairs) * 2;
      try {
        const rtp = await bind(localAddress, port, receiveBufferBytes);
        try {
          return new UdpPair(port, [rtp, await bind(localAddress, port + 1)], onDatagram);
        } catch (error) {
          await closed(rtp);
          throw error;
        }
      } catch (error) {
        cause = error;
      }
    }
    throw new MediaError('LIMIT_EXCEEDED', 'this node has no pair of UDP ports free', { cause });
  }

  /** Size of the RTP socket's receive buffer as the kernel granted it. */
  get receiveBufferBytes(): number {
    return this.#closing === undefined ? this.#sockets[0].getRecvBufferSize() : 0;
  }

  /** Who sends, as the answer to SETUP says; packets before that are nobody's. */
  accept(peer: UdpPeer): void {
    this.#peer = peer;
    this.#peerPorts[0] = peer.rtpPort;
    this.#peerPorts[1] = peer.rtcpPort;
    this.#send(0, OPENING_RTP);
    this.#send(1, OPENING_RTCP);
  }

  /** Sends a compound RTCP packet to the peer; silently nothing while its port is unknown. */
  sendRtcp(packet: Buffer): void {
    this.#send(1, packet);
  }

  /** Resolves when both ports are free again. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= Promise.all(this.#sockets.map(closed)).then(() => undefined);
    return this.#closing;
  }

  #send(index: 0 | 1, packet: Buffer): void {
    const port = this.#peerPorts[index];
    if (port === undefined || this.#peer === undefined || this.#closing !== undefined) return;
    this.#sockets[index].send(packet, port, this.#peer.address, () => {});
  }

  #isPeer(index: number, from: RemoteInfo): boolean {
    if (this.#closing !== undefined || this.#peer === undefined) return false;
    if (from.address === this.#peer.address || from.address === this.#peer.source) {
      this.#peerPorts[index] ??= from.port;
      if (this.#peerPorts[index] === from.port) return true;
    }
    this.strangers++;
    return false;
  }
}

function bind(address: string, port: number, recvBufferSize?: number): Promise<Socket> {
  const type = isIPv6(address) ? 'udp6' : 'udp4';
  const socket = createSocket(recvBufferSize === undefined ? { type } : { type, recvBufferSize });
  return new Promise((resolve, reject) => {
    const onError = (error: Error) => {
      socket.close();
      reject(error);
    };
    socket.once('error', onError);
    socket.bind({ address, port, exclusive: true }, () => {
      socket.off('error', onError);
      resolve(socket);
    });
  });
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.close(() => resolve()));
}
