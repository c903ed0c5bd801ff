import { DEFAULT_REORDER_LIMITS, type ReorderLimits } from '../rtp/reorder-buffer.ts';

export interface RtspSettings {
  readonly connectTimeoutMs: number;
  /** For the answer to each request. */
  readonly responseTimeoutMs: number;
  /** From dialling to the answer to PLAY, redirects included. */
  readonly handshakeTimeoutMs: number;
  /** How long closing waits for the answer to TEARDOWN. */
  readonly teardownTimeoutMs: number;
  /** Between RTCP receiver reports of one session. */
  readonly reportIntervalMs: number;
  /** Whether to answer a server that offers Basic alone; it then reads the password. */
  readonly allowBasic: boolean;
  /** Above this rate reading pauses; when it lasts {@link floodForMs} the session ends. */
  readonly maxBitsPerSecond: number;
  /** As {@link maxBitsPerSecond}, for interleaved packets. */
  readonly maxPacketsPerSecond: number;
  readonly floodForMs: number;
  readonly udp: UdpSettings;
}

export interface UdpSettings {
  /** Ports that track's pairs are taken from; below the system's own choice for clients. */
  readonly ports: { readonly first: number; readonly last: number };
  /** Asked of the kernel for each RTP socket: a key frame must fit while the process is busy. */
  readonly receiveBufferBytes: number;
  /** After PLAY: no packet for so long means that UDP does not get through. */
  readonly firstPacketMs: number;
  readonly reorder: ReorderLimits;
}

export const DEFAULT_RTSP_SETTINGS: RtspSettings = {
  connectTimeoutMs: 5000,
  responseTimeoutMs: 5000,
  handshakeTimeoutMs: 15_000,
  teardownTimeoutMs: 500,
  reportIntervalMs: 10_000,
  allowBasic: false,
  maxBitsPerSecond: 200_000_000,
  maxPacketsPerSecond: 50_000,
  floodForMs: 3000,
  udp: {
    ports: { first: 16_384, last: 32_767 },
    receiveBufferBytes: 1 << 20,
    firstPacketMs: 3000,
    reorder: DEFAULT_REORDER_LIMITS,
  },
};
