import type { MediaError } from '../media-error.ts';

export type VideoCodec = 'H264' | 'H265' | 'JPEG';
export type AudioCodec = 'PCMU' | 'PCMA' | 'MPEG4-GENERIC';

/** One media description of the SDP (RFC 8866 §5.14) that was set up and plays. */
export interface TrackDescription {
  /** Position among the set-up tracks: the `track` argument of the sink's calls. */
  readonly index: number;
  readonly kind: 'video' | 'audio';
  readonly codec: VideoCodec | AudioCodec;
  readonly payloadType: number;
  /** RTP clock rate in Hz. */
  readonly clockRateHz: number;
  /** Channels of an audio track, else 0. */
  readonly channels: number;
  /** Format parameters of `a=fmtp`, names in lower case (e.g. `packetization-mode`, `sprop-parameter-sets`). */
  readonly formatParameters: Readonly<Record<string, string>>;
  /**
   * Parameter sets of the SDP without start code, in decoding order: H.264 SPS, PPS (RFC 6184
   * §8.2.1), H.265 VPS, SPS, PPS (RFC 7798 §7.1). Empty when the SDP names none.
   */
  readonly parameterSets: readonly Buffer[];
}

/** One successful DESCRIBE/SETUP/PLAY. A reconnect is a new session. */
export interface StreamSession {
  /** Counts the hub's sessions of this stream from 1. */
  readonly epoch: number;
  readonly tracks: readonly TrackDescription[];
  /** Node wall clock when PLAY was answered, microseconds since the Unix epoch. */
  readonly playedAtUs: number;
}

/** RTCP sender report (RFC 3550 §6.4.1), with the node's arrival time. */
export interface SenderReport {
  readonly ssrc: number;
  /** The camera's NTP time, microseconds since the Unix epoch. */
  readonly ntpUs: number;
  /** RTP timestamp of the same instant, in the track's clock. */
  readonly rtpTimestamp: number;
  /** Node wall clock at arrival, microseconds since the Unix epoch. */
  readonly arrivalUs: number;
}

/**
 * Why a stream does not flow now.
 * - `unreachable`: no TCP connection. `refused`: the server says no (credential, path, redirect).
 * - `sessions-exhausted`: the server has no session left (453, 503).
 * - `failed`: connected, but the protocol came to nothing (no answer, garbage, no usable codec, flood).
 * - `silent`: it plays, without a packet of the video track for the hub's silence limit; the hub
 *   then closes and dials again. Sound alone does not count.
 * - `lost`: the connection ended while it played.
 * - `stopped`: wanted here (last sink left, hub stopped, credentials changed).
 */
export type StreamStopCause =
  | 'unreachable'
  | 'refused'
  | 'sessions-exhausted'
  | 'failed'
  | 'silent'
  | 'lost'
  | 'stopped';

export interface StreamStop {
  readonly cause: StreamStopCause;
  readonly error: MediaError | undefined;
  /** Node wall clock of the last packet, microseconds; undefined when none ever came. */
  readonly lastPacketUs: number | undefined;
}

/**
 * A consumer of a stream. Calls come synchronously from the socket's read, in order; a sink must
 * not throw and must not keep the packet's memory. Each onStart is followed by exactly one onStop,
 * unless the sink closes its subscription first; packets come in between only. A dial that fails
 * starts nothing: its cause is in the status and the events.
 */
export interface StreamSink {
  onStart(session: StreamSession): void;
  /**
   * One RTP packet (RFC 3550 §5.1), header included, as received: `buffer[offset, offset + length)`,
   * valid during the call only.
   */
  onRtp(track: number, buffer: Buffer, offset: number, length: number, arrivalUs: number): void;
  onSenderReport(track: number, report: SenderReport): void;
  onStop(stop: StreamStop): void;
  /** It threw and is no longer a sink of the stream; it may subscribe again. */
  onExpelled?(): void;
}

/** Where and how to pull. The key says what is shared: equal keys are one pull. */
export interface StreamSource {
  readonly key: string;
  /** rtsp:// URL without user info. */
  readonly url: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
  /**
   * The camera is known to refuse this login: it is not offered until an update says otherwise, or a
   * day is over. A session that flows goes on.
   */
  readonly held?: boolean | undefined;
  /**
   * How packets travel. `tcp` (the default) interleaves them in the RTSP connection; `udp` falls back
   * to TCP where the server has no UDP (461) or nothing arrives. Without a wish, a server that knows
   * no TCP is pulled over UDP.
   */
  readonly transport?: 'tcp' | 'udp' | undefined;
}

export interface StreamSubscription {
  /** Leaves; the pull ends when the last sink left and the linger time is over. Idempotent. */
  close(): void;
}

export type StreamState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'connecting'; readonly sinceUs: number; readonly attempt: number }
  | { readonly kind: 'flowing'; readonly sinceUs: number }
  | {
      readonly kind: 'down';
      readonly sinceUs: number;
      readonly stop: StreamStop;
      readonly attempts: number;
    };

/** Counters since the hub first pulled the stream. */
export interface StreamCounters {
  readonly packets: number;
  /** Packets missing by sequence number (RFC 3550 appendix A.3). */
  readonly lost: number;
  readonly bytes: number;
  /** Interarrival jitter in milliseconds (RFC 3550 §6.4.1). */
  readonly jitterMs: number;
  readonly sessions: number;
  readonly lastPacketUs: number | undefined;
  /** Camera NTP clock minus node clock at the last sender report, milliseconds. */
  readonly clockOffsetMs: number | undefined;
}

export interface StreamStatus {
  readonly key: string;
  readonly state: StreamState;
  /** Host and port that it is pulled from. */
  readonly source?: string;
  readonly tracks: readonly TrackDescription[];
  readonly counters: StreamCounters;
  readonly sinks: number;
}

/**
 * Changes that the control plane is told of: the first packet of a session after a pause, the end
 * of a flow, and while it is down each new cause, never the same twice.
 */
export type StreamEvent =
  | {
      readonly kind: 'flowing';
      readonly key: string;
      readonly atUs: number;
      /** Host and port of the URL that the session was begun with. */
      readonly source?: string;
    }
  /** No packet for the silence limit, or the session ended; `lastPacketUs` is the last sign of life. */
  | {
      readonly kind: 'down';
      readonly key: string;
      readonly atUs: number;
      readonly stop: StreamStop;
    };

/**
 * One pull per stream, fanned out to its sinks. A stream is dialled again with jittered back-off
 * until its last sink has left; one stream's trouble never touches another.
 */
export interface StreamHub {
  /** Adds a sink; dials when it is the first. A late sink gets onStart at once when the stream plays. */
  subscribe(
    source: StreamSource,
    sink: StreamSink,
    options?: { lingerMs?: number },
  ): StreamSubscription;
  /** New URL or credentials for a key: takes effect by a new session if they differ. */
  update(source: StreamSource): void;
  status(key: string): StreamStatus | undefined;
  statuses(): readonly StreamStatus[];
  onEvent(listener: (event: StreamEvent) => void): () => void;
  /** TEARDOWN of everything; resolves when all sockets are closed. */
  stop(): Promise<void>;
}
