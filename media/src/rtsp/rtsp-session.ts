import type { Timer } from '../clock.ts';
import type { TrackDescription } from '../hub/stream-hub-types.ts';
import { MediaError, mediaErrorOf } from '../media-error.ts';
import { buildReceiverReport, readRtcp } from '../rtp/rtcp-packet.ts';
import { isRtp, rtpPayloadType } from '../rtp/rtp-packet.ts';
import type { RtpReception } from '../rtp/rtp-reception.ts';
import { answerServerRequest, type ServerRequestVerdict } from './answer-server-request.ts';
import { KeepAlive, type KeepAliveOptions } from './keep-alive.ts';
import type { RtspConnectionHandler } from './rtsp-connection.ts';
import { describeStream, type RtspDialogue } from './rtsp-dialogue.ts';
import type { RtspRequest } from './rtsp-message.ts';
import type { RtspSessionHandler, RtspSessionOptions } from './rtsp-session-types.ts';
import { readSession } from './rtsp-transport.ts';
import { resolveControl } from './rtsp-url.ts';
import { type SdpTrack, selectTracks } from './sdp.ts';
import { createSessionTrack, type SessionTrack } from './session-track.ts';
import { setUpTransport } from './track-path.ts';
import { UdpIntake } from './udp-intake.ts';

const NO_TRACK = -1;
const DEFAULT_SESSION_TIMEOUT_S = 60;
/** So many video packets of another payload type in a row are another stream than described. */
const MAX_FOREIGN_PACKETS = 100;

/**
 * One DESCRIBE, SETUP, PLAY … TEARDOWN (RFC 2326), its packets interleaved in the connection or over
 * UDP. It dies of its first fault and is never revived; TRANSPORT_BLOCKED says that another one over
 * TCP is worth it. It has no timer of its own while it plays: {@link tick} drives keep-alives,
 * receiver reports and the flood cap.
 */
export class RtspSession {
  readonly #options: RtspSessionOptions;
  readonly #handler: RtspSessionHandler;
  readonly #ssrc: number;
  /** By interleaved channel: track × 2, plus 1 when it is RTCP. */
  readonly #uses = new Int8Array(256).fill(NO_TRACK);
  readonly #udp: UdpIntake;
  #transport: 'tcp' | 'udp';
  #udpTimer: Timer | undefined;
  #tracks: readonly SessionTrack[] = [];
  #skipped: readonly string[] = [];
  #dialogue: RtspDialogue | undefined;
  #aggregateUri = '';
  #sessionId: string | undefined;
  #sessionTimeoutS = DEFAULT_SESSION_TIMEOUT_S;
  #keepAliveMethod: 'GET_PARAMETER' | 'OPTIONS' = 'OPTIONS';
  #keepAlive: KeepAlive | undefined;
  #nextReportMs = 0;
  #handshakeTimer: Timer | undefined;
  #phase: 'dialling' | 'play-sent' | 'playing' | 'closing' | 'closed' = 'dialling';
  #floodMs = 0;
  #foreignPackets = 0;
  #closing: Promise<void> | undefined;
  /** Why it is being torn down. */
  #endError: MediaError | undefined;

  constructor(options: RtspSessionOptions, handler: RtspSessionHandler) {
    this.#options = options;
    this.#handler = handler;
    this.#ssrc = Math.floor(options.random() * 0x1_0000_0000);
    this.#transport = options.source.transport ?? 'tcp';
    this.#udp = new UdpIntake(options, {
      admit: (track, buffer, offset, length, arrivalUs) =>
        this.#admit(track, buffer, offset, length, arrivalUs),
      onRtp: (track, buffer, offset, length, arrivalUs) => {
        if (this.#phase === 'playing') handler.onRtp(track, buffer, offset, length, arrivalUs);
      },
      onRtcp: (track, buffer, offset, length, arrivalUs) =>
        this.#onRtcp(track, buffer, offset, length, arrivalUs),
    });
  }

  /** What is counted of each track, by track index. */
  reception(track: number): RtpReception | undefined {
    return this.#tracks[track]?.reception;
  }

  /** Bytes received, RTSP messages included. */
  get bytes(): number {
    return (this.#dialogue?.connection.bytes ?? 0) + this.#udp.bytes;
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
    this.#handshake().catch((cause: unknown) =>
      this.#fail(mediaErrorOf(cause, 'unexpected fault of the session')),
    );
  }

  /** Keep-alive, receiver reports, read allowance; to be called every `tickMs`. */
  tick(nowMs: number): void {
    const connection = this.#dialogue?.connection;
    if (connection === undefined) return;
    const flooded = connection.exhausted || this.#udp.exhausted;
    this.#floodMs = flooded ? this.#floodMs + this.#options.tickMs : 0;
    if (this.#floodMs >= this.#options.settings.floodForMs) {
      this.#end(new MediaError('LIMIT_EXCEEDED', 'the camera sends more than the rate limit'));
      return;
    }
    connection.refill();
    this.#udp.tick();
    if (this.#phase !== 'playing') return;
    this.#keepAlive?.tick(nowMs);
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
    this.#closing ??= this.#tearDown(new MediaError('STOPPED', 'stream closed'));
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
      () => this.#onPlayAnswered(),
    );
  }

  #onPlayAnswered(): void {
    if (this.#tracks[0]?.path.kind !== 'udp') {
      this.#begin();
    } else if (this.#phase === 'play-sent') {
      const { clock, settings } = this.#options;
      this.#udpTimer = clock.setTimer(settings.udp.firstPacketMs, () =>
        this.#end(new MediaError('TRANSPORT_BLOCKED', 'nothing arrives over UDP')),
      );
    }
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
    const { transport } = this.#options.source;
    const { response, path } = await setUpTransport(dialogue, {
      uri: resolveControl(baseUri, track.control),
      headers: this.#sessionHeader(),
      index,
      transport: this.#transport,
      mayChange: index === 0 && (transport === undefined || transport === 'udp'),
      openPair: () => this.#udp.open(index, dialogue.connection.addresses?.local ?? ''),
    });
    this.#transport = path.kind;
    const session = readSession(response);
    if (session !== undefined) {
      this.#sessionId = session.id;
      this.#sessionTimeoutS = session.timeoutS ?? this.#sessionTimeoutS;
    }
    if (path.kind === 'tcp') {
      const { rtpChannel, rtcpChannel } = path;
      if (this.#uses[rtpChannel] !== NO_TRACK || this.#uses[rtcpChannel] !== NO_TRACK) {
        throw new MediaError('PROTOCOL_VIOLATION', 'one interleaved channel for two tracks');
      }
      this.#uses[rtpChannel] = index * 2;
      this.#uses[rtcpChannel] = index * 2 + 1;
    }
    this.#tracks = [
      ...this.#tracks,
      createSessionTrack(index, track, path, {
        onSenderReport: (report) => this.#handler.onSenderReport(index, report),
        onBye: () => {
          if (track.kind === 'video') this.#endSoon(lost('the camera ended the stream'));
        },
      }),
    ];
  }

  #begin(): boolean {
    if (this.#phase !== 'play-sent') return false;
    this.#phase = 'playing';
    this.#handshakeTimer?.cancel();
    this.#udpTimer?.cancel();
    const { clock, random, settings } = this.#options;
    const nowMs = clock.monotonicMs();
    this.#keepAlive = this.#createKeepAlive(nowMs);
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
    const index = use >> 1;
    if ((use & 1) === 1) {
      if (this.#phase === 'play-sent') this.#begin();
      this.#onRtcp(index, buffer, offset, length, arrivalUs);
    } else if (this.#admit(index, buffer, offset, length, arrivalUs)) {
      this.#handler.onRtp(index, buffer, offset, length, arrivalUs);
    }
  }

  /** Counts a packet that is one of the track's; false for any other. */
  #admit(
    index: number,
    buffer: Buffer,
    offset: number,
    length: number,
    arrivalUs: number,
  ): boolean {
    const track = this.#tracks[index];
    if (track === undefined || !isRtp(buffer, offset, length)) return false;
    const payloadType = rtpPayloadType(buffer, offset);
    if (payloadType !== track.description.payloadType) {
      this.#onForeign(track.description, payloadType);
      return false;
    }
    this.#foreignPackets = 0;
    if (this.#phase !== 'playing' && !this.#begin()) return false;
    track.reception.count(buffer, offset, arrivalUs);
    return true;
  }

  /** The camera was set to another codec, or its description is wrong: a fresh one tells which. */
  #onForeign(described: TrackDescription, payloadType: number): void {
    if (described.kind !== 'video' || ++this.#foreignPackets !== MAX_FOREIGN_PACKETS) return;
    const text = `packets of type ${payloadType}, described as ${described.payloadType}`;
    this.#endSoon(new MediaError('PROTOCOL_VIOLATION', text));
  }

  #onRtcp(index: number, buffer: Buffer, offset: number, length: number, arrivalUs: number): void {
    const track = this.#tracks[index];
    if (track === undefined || this.#phase !== 'playing') return;
    readRtcp(buffer, offset, length, arrivalUs, track.rtcp);
  }

  #onRequest(request: RtspRequest): ServerRequestVerdict {
    const verdict = answerServerRequest(request.method);
    if (verdict.endsSession) this.#endSoon(lost(`the server sent ${request.method}`));
    return verdict;
  }

  #createKeepAlive(nowMs: number): KeepAlive | undefined {
    const dialogue = this.#dialogue;
    if (dialogue === undefined) return undefined;
    const options: KeepAliveOptions = {
      method: this.#keepAliveMethod,
      sessionTimeoutS: this.#sessionTimeoutS,
      send: (method) => dialogue.exchange(method, this.#aggregateUri, this.#sessionHeader()),
      onForgotten: () => this.#fail(lost('the server dropped the session')),
      onFault: (cause) => this.#fail(mediaErrorOf(cause, 'unexpected fault of the session')),
    };
    return new KeepAlive(options, nowMs, this.#options.random());
  }

  #sendReports(): void {
    const nowUs = this.#options.clock.wallUs();
    for (const track of this.#tracks) {
      const block = track.reception.nextBlock(nowUs);
      if (block === undefined) continue;
      if (track.path.kind === 'udp') {
        track.path.pair.sendRtcp(buildReceiverReport(this.#ssrc, block));
      } else {
        const report = buildReceiverReport(this.#ssrc, block);
        this.#dialogue?.connection.writeInterleaved(track.path.rtcpChannel, report);
      }
    }
  }

  #sessionHeader(): (readonly [string, string])[] {
    return this.#sessionId === undefined ? [] : [['Session', this.#sessionId]];
  }

  #endSoon(error: MediaError): void {
    // The packets and the answer of this read come first.
    queueMicrotask(() => this.#end(error));
  }

  /** Ends the session by TEARDOWN: without it a server may go on sending over UDP. */
  #end(error: MediaError): void {
    if (this.#transport === 'tcp') this.#fail(error);
    else this.#closing ??= this.#tearDown(error);
  }

  async #tearDown(error: MediaError): Promise<void> {
    const { clock, settings } = this.#options;
    const dialogue = this.#dialogue;
    if (this.#phase !== 'closed') {
      this.#phase = 'closing';
      this.#endError = error;
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
      this.#fail(error);
    }
    await Promise.all([dialogue?.connection.whenReleased, this.#udp.close()]);
  }

  #fail(error: MediaError): void {
    this.#dialogue?.connection.fail(error);
    this.#finish(error);
  }

  #finish(error: MediaError): void {
    if (this.#phase === 'closed') return;
    this.#phase = 'closed';
    this.#handshakeTimer?.cancel();
    this.#udpTimer?.cancel();
    void this.#udp.close();
    this.#handler.onClosed(this.#endError ?? error);
  }
}

function lost(text: string): MediaError {
  return new MediaError('CONNECTION_LOST', text);
}
