import type { Clock, Timer } from '../clock.ts';
import type { SenderReport, StreamSource, TrackDescription } from '../hub/stream-hub-types.ts';
import { MediaError } from '../media-error.ts';
import { buildReceiverReport, type RtcpHandler, readRtcp } from '../rtp/rtcp-packet.ts';
import { isRtp, rtpPayloadType } from '../rtp/rtp-packet.ts';
import { RtpReception } from '../rtp/rtp-reception.ts';
import type { ReadArena } from './read-arena.ts';
import type { RtspConnectionHandler } from './rtsp-connection.ts';
import { describeStream, isSuccess, type RtspDialogue } from './rtsp-dialogue.ts';
import type { RtspRequest } from './rtsp-message.ts';
import type { RtspSettings } from './rtsp-settings.ts';
import { readSession, readTransport } from './rtsp-transport.ts';
import { resolveControl } from './rtsp-url.ts';
import { type SdpTrack, selectTracks } from './sdp.ts';

export interface RtspSessionOptions {
  readonly source: Pick<StreamSource, 'url' | 'username' | 'password'>;
  readonly clock: Clock;
  readonly arena: ReadArena;
  readonly settings: RtspSettings;
  /** How often {@link RtspSession.tick} will be called. */
  readonly tickMs: number;
  /** Uniform in [0, 1): spreads keep-alives and names the receiver. */
  readonly random: () => number;
}

export interface RtspSessionHandler {
  /** PLAY was answered, or the first packet outran the answer. Once, before any other call. */
  onPlaying(tracks: readonly TrackDescription[], playedAtUs: number): void;
  /** As `StreamSink.onRtp`. */
  onRtp(track: number, buffer: Buffer, offset: number, length: number, arrivalUs: number): void;
  onSenderReport(track: number, report: SenderReport): void;
  /** Once, also when playing was never reached; STOPPED after {@link RtspSession.close}. */
  onClosed(error: MediaError): void;
}

interface SetUpTrack {
  readonly description: TrackDescription;
  readonly reception: RtpReception;
  readonly rtcpChannel: number;
  readonly rtcp: RtcpHandler;
}

const NO_TRACK = -1;
const DEFAULT_SESSION_TIMEOUT_S = 60;

/**
 * One DESCRIBE, SETUP, PLAY … TEARDOWN over interleaved TCP (RFC 2326). It dies of its first fault
 * and is never revived. It has no timer of its own while it plays: {@link tick} drives keep-alives,
 * receiver reports and the flood cap.
 */
export class RtspSession {
  readonly #options: RtspSessionOptions;
  readonly #handler: RtspSessionHandler;
  readonly #ssrc: number;
  /** By interleaved channel: track × 2, plus 1 when it is RTCP. */
  readonly #uses = new Int8Array(256).fill(NO_TRACK);
  #tracks: readonly SetUpTrack[] = [];
  #skipped: readonly string[] = [];
  #dialogue: RtspDialogue | undefined;
  #aggregateUri = '';
  #sessionId: string | undefined;
  #sessionTimeoutS = DEFAULT_SESSION_TIMEOUT_S;
  #keepAliveMethod = 'OPTIONS';
  #keepAliveBusy = false;
  #nextKeepAliveMs = 0;
  #nextReportMs = 0;
  #handshakeTimer: Timer | undefined;
  #phase: 'dialling' | 'play-sent' | 'playing' | 'closing' | 'closed' = 'dialling';
  #floodMs = 0;
  #closing: Promise<void> | undefined;

  constructor(options: RtspSessionOptions, handler: RtspSessionHandler) {
    this.#options = options;
    this.#handler = handler;
    this.#ssrc = Math.floor(options.random() * 0x1_0000_0000);
  }

  /** What is counted of each track, by track index. */
  reception(track: number): RtpReception | undefined {
    return this.#tracks[track]?.reception;
  }

  /** Bytes received, RTSP messages included. */
  get bytes(): number {
    return this.#dialogue?.connection.bytes ?? 0;
  }

  /** Media descriptions of the SDP that are not pulled, and why. */
  get skipped(): readonly string[] {
    return this.#skipped;
  }

  /** Dials. Every outcome comes through the handler. */
  start(): void {
    const { clock, settings } = this.#options;
    this.#handshakeTimer = clock.setTimer(settings.handshakeTimeoutMs, () =>
      this.#fail(new MediaError('RESPONSE_TIMEOUT', 'the stream did not start in time')),
    );
    this.#handshake().catch((cause: unknown) => this.#fail(asMediaError(cause)));
  }

  /** Keep-alive, receiver reports, read allowance; to be called every `tickMs`. */
  tick(nowMs: number): void {
    const connection = this.#dialogue?.connection;
    if (connection === undefined) return;
    this.#floodMs = connection.exhausted ? this.#floodMs + this.#options.tickMs : 0;
    if (this.#floodMs >= this.#options.settings.floodForMs) {
      this.#fail(new MediaError('LIMIT_EXCEEDED', 'the camera sends more than the rate limit'));
      return;
    }
    connection.refill();
    if (this.#phase !== 'playing') return;
    if (nowMs >= this.#nextKeepAliveMs && !this.#keepAliveBusy) {
      this.#nextKeepAliveMs = nowMs + this.#keepAliveIntervalMs();
      void this.#keepAlive();
    }
    if (nowMs >= this.#nextReportMs) {
      this.#nextReportMs = nowMs + this.#options.settings.reportIntervalMs;
      this.#sendReports();
    }
  }

  /**
   * TEARDOWN with a short deadline, then the connection is closed. No packet is handed over any
   * more. Resolves when the socket is released. Idempotent.
   */
  close(): Promise<void> {
    this.#closing ??= this.#tearDown();
    return this.#closing;
  }

  async #handshake(): Promise<void> {
    const { source, clock, arena, settings, tickMs } = this.#options;
    const { dialogue, description, baseUri, methods } = await describeStream(
      source.url,
      {
        clock,
        arena,
        connectTimeoutMs: settings.connectTimeoutMs,
        responseTimeoutMs: settings.responseTimeoutMs,
        readAllowance: {
          bytes: (settings.maxBitsPerSecond * tickMs) / 8000,
          packets: (settings.maxPacketsPerSecond * tickMs) / 1000,
        },
        username: source.username,
        password: source.password,
        allowBasic: settings.allowBasic,
      },
      () => this.#connectionHandler(),
      (next) => this.#adopt(next),
    );
    this.#skipped = description.skipped;
    this.#aggregateUri = resolveControl(baseUri, description.control);
    const [video, ...others] = selectTracks(description);
    if (video === undefined) throw new MediaError('CODEC_UNSUPPORTED', 'no usable video');
    await this.#setUp(dialogue, video, baseUri);
    for (const track of others) {
      try {
        await this.#setUp(dialogue, track, baseUri);
      } catch (cause) {
        // Pictures without sound are better than neither.
        if (!(cause instanceof MediaError) || cause.statusCode === undefined) throw cause;
        this.#skipped = [...this.#skipped, `${track.kind} ${track.codec}: ${cause.message}`];
      }
    }
    if (methods.has('GET_PARAMETER')) this.#keepAliveMethod = 'GET_PARAMETER';
    if (this.#phase !== 'dialling') return;
    this.#phase = 'play-sent';
    await dialogue.demand(
      'PLAY',
      this.#aggregateUri,
      [...this.#sessionHeader(), ['Range', 'npt=0.000-']],
      () => this.#begin(),
    );
  }

  #adopt(dialogue: RtspDialogue): void {
    if (this.#phase !== 'dialling') {
      dialogue.connection.fail(new MediaError('STOPPED', 'closed while dialling'));
      return;
    }
    const previous = this.#dialogue;
    this.#dialogue = dialogue;
    previous?.connection.fail(new MediaError('STOPPED', 'redirected'));
  }

  async #setUp(dialogue: RtspDialogue, track: SdpTrack, baseUri: string): Promise<void> {
    const index = this.#tracks.length;
    const response = await dialogue.demand('SETUP', resolveControl(baseUri, track.control), [
      ['Transport', `RTP/AVP/TCP;unicast;interleaved=${index * 2}-${index * 2 + 1}`],
      ...this.#sessionHeader(),
    ]);
    const session = readSession(response);
    if (session !== undefined) {
      this.#sessionId = session.id;
      this.#sessionTimeoutS = session.timeoutS ?? this.#sessionTimeoutS;
    }
    const channels = readTransport(response) ?? { rtp: index * 2, rtcp: index * 2 + 1 };
    if (this.#uses[channels.rtp] !== NO_TRACK || this.#uses[channels.rtcp] !== NO_TRACK) {
      throw new MediaError('PROTOCOL_VIOLATION', 'one interleaved channel for two tracks');
    }
    this.#uses[channels.rtp] = index * 2;
    this.#uses[channels.rtcp] = index * 2 + 1;
    const reception = new RtpReception(track.clockRateHz);
    const { control: _, ...described } = track;
    this.#tracks = [
      ...this.#tracks,
      {
        description: { index, ...described },
        reception,
        rtcpChannel: channels.rtcp,
        rtcp: {
          onSenderReport: (report) => {
            if (report.ssrc === reception.ssrc) reception.noteSenderReport(report);
            this.#handler.onSenderReport(index, report);
          },
          onBye: (ssrc) => {
            if (ssrc !== reception.ssrc || track.kind !== 'video') return;
            this.#endSoon('the camera ended the stream');
          },
        },
      },
    ];
  }

  #begin(): boolean {
    if (this.#phase !== 'play-sent') return false;
    this.#phase = 'playing';
    this.#handshakeTimer?.cancel();
    const { clock, random, settings } = this.#options;
    const nowMs = clock.monotonicMs();
    this.#nextKeepAliveMs = nowMs + this.#keepAliveIntervalMs() * (0.5 + random() / 2);
    this.#nextReportMs = nowMs + settings.reportIntervalMs * random();
    this.#handler.onPlaying(
      this.#tracks.map((track) => track.description),
      clock.wallUs(),
    );
    return true;
  }

  #connectionHandler(): RtspConnectionHandler {
    let current: RtspDialogue | undefined;
    return {
      onConnected: () => {
        current = this.#dialogue;
      },
      onInterleaved: (channel, buffer, offset, length, arrivalUs) =>
        this.#onInterleaved(channel, buffer, offset, length, arrivalUs),
      onRequest: (request) => this.#onRequest(request),
      onClosed: (error) => {
        // A connection left behind by a redirect ends without ending the session.
        if (current === undefined || current === this.#dialogue) this.#finish(error);
      },
    };
  }

  #onInterleaved(
    channel: number,
    buffer: Buffer,
    offset: number,
    length: number,
    arrivalUs: number,
  ): void {
    const use = this.#uses[channel] ?? NO_TRACK;
    if (use < 0) return;
    if (this.#phase !== 'playing' && !this.#begin()) return;
    const index = use >> 1;
    const track = this.#tracks[index];
    if (track === undefined) return;
    if ((use & 1) === 1) {
      readRtcp(buffer, offset, length, arrivalUs, track.rtcp);
      return;
    }
    if (!isRtp(buffer, offset, length)) return;
    if (rtpPayloadType(buffer, offset) !== track.description.payloadType) return;
    track.reception.count(buffer, offset, arrivalUs);
    this.#handler.onRtp(index, buffer, offset, length, arrivalUs);
  }

  #onRequest(request: RtspRequest): { statusCode: number; reason: string } {
    switch (request.method) {
      case 'OPTIONS':
      case 'GET_PARAMETER':
      case 'SET_PARAMETER':
        return { statusCode: 200, reason: 'OK' };
      case 'ANNOUNCE':
      case 'REDIRECT':
      case 'TEARDOWN':
        // A new description, place or end: a fresh session finds out which.
        this.#endSoon(`the server sent ${request.method}`);
        return { statusCode: 200, reason: 'OK' };
      default:
        return { statusCode: 551, reason: 'Option not supported' };
    }
  }

  async #keepAlive(): Promise<void> {
    const dialogue = this.#dialogue;
    if (dialogue === undefined) return;
    this.#keepAliveBusy = true;
    try {
      const response = await dialogue.exchange(
        this.#keepAliveMethod,
        this.#aggregateUri,
        this.#sessionHeader(),
      );
      if (response.statusCode === 454) {
        this.#fail(new MediaError('CONNECTION_LOST', 'the server dropped the session'));
      } else if (!isSuccess(response)) {
        this.#keepAliveMethod = 'OPTIONS';
      }
    } catch (cause) {
      const error = asMediaError(cause);
      // Some cameras never answer while they stream; silence is judged by packets alone.
      if (error.code !== 'RESPONSE_TIMEOUT') this.#fail(error);
    } finally {
      this.#keepAliveBusy = false;
    }
  }

  #sendReports(): void {
    const nowUs = this.#options.clock.wallUs();
    for (const track of this.#tracks) {
      const block = track.reception.nextBlock(nowUs);
      if (block === undefined) continue;
      this.#dialogue?.connection.write(buildReceiverReport(track.rtcpChannel, this.#ssrc, block));
    }
  }

  #keepAliveIntervalMs(): number {
    return Math.min(30_000, Math.max(2000, this.#sessionTimeoutS * 500));
  }

  #sessionHeader(): (readonly [string, string])[] {
    return this.#sessionId === undefined ? [] : [['Session', this.#sessionId]];
  }

  #endSoon(text: string): void {
    // The packets and the answer of this read come first.
    queueMicrotask(() => this.#fail(new MediaError('CONNECTION_LOST', text)));
  }

  async #tearDown(): Promise<void> {
    const { clock, settings } = this.#options;
    if (this.#phase === 'closed') return this.#dialogue?.connection.whenReleased;
    this.#phase = 'closing';
    const stopped = new MediaError('STOPPED', 'stream closed');
    const dialogue = this.#dialogue;
    if (dialogue !== undefined && this.#sessionId !== undefined) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = clock.setTimer(settings.teardownTimeoutMs, resolve);
      dialogue.exchange('TEARDOWN', this.#aggregateUri, this.#sessionHeader()).then(
        () => resolve(),
        () => resolve(),
      );
      await promise;
      timer.cancel();
    }
    this.#fail(stopped);
    await dialogue?.connection.whenReleased;
  }

  #fail(error: MediaError): void {
    this.#dialogue?.connection.fail(error);
    this.#finish(error);
  }

  #finish(error: MediaError): void {
    if (this.#phase === 'closed') return;
    const wanted = this.#phase === 'closing';
    this.#phase = 'closed';
    this.#handshakeTimer?.cancel();
    this.#handler.onClosed(wanted ? new MediaError('STOPPED', 'stream closed') : error);
  }
}

function asMediaError(cause: unknown): MediaError {
  return cause instanceof MediaError
    ? cause
    : new MediaError('PROTOCOL_VIOLATION', 'unexpected fault of the session', { cause });
}
