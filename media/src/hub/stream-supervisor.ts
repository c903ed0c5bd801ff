import type { Clock, Timer } from '../clock.ts';
import { unsizedJpegFault } from '../codec/unsized-jpeg.ts';
import type { MediaError } from '../media-error.ts';
import { faultKind } from '../rtsp/fault-kind.ts';
import type { ReadArena } from '../rtsp/read-arena.ts';
import { RtspSession } from '../rtsp/rtsp-session.ts';
import type { DialGate, DialTicket } from './dial-gate.ts';
import { heldLoginError, LoginHold } from './login-hold.ts';
import { isCredentialFault, redialDelayMs } from './redial-delay.ts';
import type { RefusedLogins } from './refused-logins.ts';
import { SinkFanout } from './sink-fanout.ts';
import { StreamCounts } from './stream-counts.ts';
import type { StreamHubSettings } from './stream-hub-settings.ts';
import type {
  StreamEvent,
  StreamSession,
  StreamSink,
  StreamSource,
  StreamState,
  StreamStatus,
  StreamStop,
  TrackDescription,
} from './stream-hub-types.ts';

export interface SupervisorDependencies {
  readonly clock: Clock;
  readonly random: () => number;
  readonly arena: ReadArena;
  readonly gate: DialGate;
  readonly logins: RefusedLogins;
  readonly settings: StreamHubSettings;
  readonly emit: (event: StreamEvent) => void;
  /** A sink threw and was removed. */
  readonly onSinkFault: (key: string, error: unknown) => void;
  /** No sink, no session: may be forgotten. */
  readonly onIdle: (supervisor: StreamSupervisor) => void;
}

/** How soon a stream looks again whether another one of its camera got in. */
const loginWaitMs = 250;

/** Keeps one stream flowing for its sinks: a session that dies is replaced, never repaired. */
export class StreamSupervisor {
  readonly #deps: SupervisorDependencies;
  #source: StreamSource;
  readonly #sinks: SinkFanout;
  readonly #login: LoginHold;
  readonly #counts = new StreamCounts();
  #state: StreamState = { kind: 'idle' };
  #wanted = false;
  #session: RtspSession | undefined;
  #playing: StreamSession | undefined;
  /** Why the session that is being closed ends; what follows depends on it. */
  #ending: StreamStop | undefined;
  #ticket: DialTicket | undefined;
  #redialTimer: Timer | undefined;
  #lingerTimer: Timer | undefined;
  #forgetTimer: Timer | undefined;
  /** Holds back a dial on behalf of a new sink as well: a refusing camera is not hammered. */
  #notBeforeMs = 0;
  #failures = 0;
  /** Refused credentials in a row. */
  #refusals = 0;
  #lastCode: string | undefined;
  /** Once nothing came over UDP, TCP it is until the source changes. */
  #udpBlocked = false;
  #epoch = 0;
  /** Track whose packets are the sign of life: sound does not excuse a missing picture. */
  #watchedTrack = 0;
  #watchedPackets = 0;
  #watchedAtTick = 0;
  #aliveMs = 0;
  #flowingSinceMs: number | undefined;

  constructor(source: StreamSource, deps: SupervisorDependencies) {
    this.#source = source;
    this.#deps = deps;
    this.#login = new LoginHold(deps.logins, deps.settings.redial.refusedForMs);
    this.#sinks = new SinkFanout((error) => {
      deps.onSinkFault(source.key, error);
      this.#afterLeave(deps.settings.lingerMs);
    });
  }

  get key(): string {
    return this.#source.key;
  }

  status(): StreamStatus {
    return {
      key: this.#source.key,
      state: this.#state,
      source: placeOf(this.#source.url),
      tracks: this.#playing?.tracks ?? [],
      counters: this.#counts.read(this.#epoch, this.#session, this.#playing, this.#watchedTrack),
      sinks: this.#sinks.count,
    };
  }

  /** Adds a sink and dials when it is the first; gives what removes it again. */
  add(sink: StreamSink): (lingerMs: number) => void {
    this.#lingerTimer?.cancel();
    this.#lingerTimer = undefined;
    this.#forgetTimer?.cancel();
    if (!this.#wanted) {
      this.#wanted = true;
      if (this.#session === undefined) this.#dialAt(this.#notBeforeMs);
    }
    const remove = this.#sinks.add(sink, this.#playing);
    return (lingerMs) => {
      if (remove()) this.#afterLeave(lingerMs);
    };
  }

  /** Another URL or credential: the running session is replaced when they differ. */
  update(source: StreamSource): void {
    const before = this.#source;
    // A second subscriber without a wish does not undo the first one's.
    const transport = source.transport ?? before.transport;
    this.#source = { ...source, transport };
    const change = this.#login.update(before, this.#source);
    if (change === 'unchanged' || (change === 'released' && this.#session !== undefined)) return;
    this.#udpBlocked = false;
    this.#failures = 0;
    this.#refusals = 0;
    this.#lastCode = undefined;
    this.#notBeforeMs = 0;
    if (this.#session !== undefined) {
      if (this.#wanted) this.#endSession({ cause: 'stopped', error: undefined });
    } else if (this.#redialTimer !== undefined) {
      this.#dialAt(0);
    }
  }

  /** `stalledMs` is how long the process itself stood still since the last tick: nobody's silence. */
  tick(nowMs: number, stalledMs: number): void {
    const session = this.#session;
    if (session === undefined) return;
    session.tick(nowMs);
    if (this.#session !== session || this.#playing === undefined) return;
    if (this.#watchedPackets !== this.#watchedAtTick) {
      this.#watchedAtTick = this.#watchedPackets;
      this.#aliveMs = nowMs;
      return;
    }
    this.#aliveMs += stalledMs;
    if (nowMs - this.#aliveMs >= this.#deps.settings.silentForMs) {
      this.#endSession({ cause: 'silent', error: undefined });
    }
  }

  /** TEARDOWN and no more. Sinks that started hear `stopped`. Resolves when the socket is closed. */
  async stop(): Promise<void> {
    this.#notBeforeMs = 0;
    await this.#rest();
  }

  async #rest(): Promise<void> {
    this.#wanted = false;
    this.#lingerTimer?.cancel();
    this.#forgetTimer?.cancel();
    this.#redialTimer?.cancel();
    this.#redialTimer = undefined;
    this.#ticket?.release();
    this.#ticket = undefined;
    this.#login.leave(this.#source);
    const session = this.#session;
    if (session === undefined) this.#becomeIdle();
    else {
      this.#endSession({ cause: 'stopped', error: undefined });
      await session.close();
    }
  }

  #afterLeave(lingerMs: number): void {
    if (this.#sinks.count > 0 || !this.#wanted) return;
    this.#lingerTimer?.cancel();
    if (lingerMs <= 0) void this.#rest();
    else this.#lingerTimer = this.#deps.clock.setTimer(lingerMs, () => void this.#rest());
  }

  #dialAt(atMs: number): void {
    const { clock } = this.#deps;
    this.#redialTimer?.cancel();
    this.#redialTimer = undefined;
    const delayMs = atMs - clock.monotonicMs();
    if (delayMs > 0) {
      this.#redialTimer = clock.setTimer(delayMs, () => {
        this.#redialTimer = undefined;
        this.#dialSoon();
      });
    } else this.#dialSoon();
  }

  #dialSoon(): void {
    if (this.#state.kind === 'idle') {
      this.#state = { kind: 'connecting', sinceUs: this.#deps.clock.wallUs(), attempt: 1 };
    }
    if (this.#refuseHeld()) return;
    const nowMs = this.#deps.clock.monotonicMs();
    if (!this.#login.enter(this.#source, nowMs)) {
      this.#dialAt(nowMs + loginWaitMs);
      return;
    }
    const priority = this.#failures === 0 ? 'fresh' : 'retry';
    this.#ticket = this.#deps.gate.enter(priority, () => this.#dial());
  }

  #dial(): void {
    const { clock, random, arena, settings } = this.#deps;
    // Another stream of the camera may have been refused while this one waited for its place.
    if (this.#refuseHeld()) return;
    const session = new RtspSession(
      {
        source: this.#udpBlocked ? { ...this.#source, transport: 'tcp' } : this.#source,
        clock,
        random,
        arena,
        settings: settings.rtsp,
        tickMs: settings.tickMs,
      },
      {
        onPlaying: (tracks, playedAtUs) => {
          if (this.#session === session) this.#onPlaying(tracks, playedAtUs);
        },
        onRtp: (track, buffer, offset, length, arrivalUs) => {
          if (this.#playing !== undefined && this.#session === session) {
            this.#onRtp(track, buffer, offset, length, arrivalUs);
          }
        },
        onSenderReport: (track, report) => {
          if (this.#playing === undefined || this.#session !== session) return;
          if (track === this.#watchedTrack) {
            this.#counts.clockOffsetMs = (report.ntpUs - report.arrivalUs) / 1000;
          }
          this.#sinks.senderReport(track, report);
        },
        onClosed: (error) => {
          if (this.#session === session) this.#onClosed(error);
        },
      },
    );
    this.#session = session;
    session.start();
  }

  /** As if the camera had refused, where it did before: it is not asked. */
  #refuseHeld(): boolean {
    const nowMs = this.#deps.clock.monotonicMs();
    const untilMs = this.#login.heldUntilMs(this.#source, nowMs);
    if (untilMs === undefined) return false;
    this.#ticket?.release();
    this.#ticket = undefined;
    this.#failures += 1;
    this.#notBeforeMs = untilMs;
    const error = heldLoginError();
    const stop: StreamStop = { cause: 'refused', error, lastPacketUs: this.#counts.lastPacketUs };
    this.#sinks.stop(stop);
    this.#tellDown(stop);
    this.#goOn();
    return true;
  }

  #onPlaying(tracks: readonly TrackDescription[], playedAtUs: number): void {
    this.#ticket?.release();
    this.#ticket = undefined;
    this.#epoch++;
    this.#playing = { epoch: this.#epoch, tracks, playedAtUs };
    this.#watchedTrack = tracks.find((track) => track.kind === 'video')?.index ?? 0;
    this.#watchedAtTick = this.#watchedPackets;
    this.#aliveMs = this.#deps.clock.monotonicMs();
    this.#flowingSinceMs = undefined;
    this.#sinks.start(this.#playing);
  }

  #onRtp(track: number, buffer: Buffer, offset: number, length: number, arrivalUs: number): void {
    this.#counts.add(length);
    if (track === this.#watchedTrack) {
      this.#watchedPackets++;
      this.#counts.lastPacketUs = arrivalUs;
      if (this.#flowingSinceMs === undefined) {
        const isJpeg = this.#playing?.tracks[track]?.codec === 'JPEG';
        const error = isJpeg ? unsizedJpegFault(buffer, offset, length) : undefined;
        if (error !== undefined) {
          this.#endSession({ cause: 'failed', error });
          return;
        }
        this.#onFlowing(arrivalUs);
      }
    }
    this.#sinks.rtp(track, buffer, offset, length, arrivalUs);
  }

  #onFlowing(atUs: number): void {
    this.#flowingSinceMs = this.#deps.clock.monotonicMs();
    this.#login.accepted(this.#source);
    this.#lastCode = undefined;
    this.#state = { kind: 'flowing', sinceUs: atUs };
    const { key, url } = this.#source;
    this.#deps.emit({ kind: 'flowing', key, atUs, source: placeOf(url) });
  }

  /** The session is over or given up: tells sinks and control plane, in that order. */
  #endSession(end: Pick<StreamStop, 'cause' | 'error'>): void {
    const session = this.#session;
    if (session === undefined) return;
    const stop: StreamStop = { ...end, lastPacketUs: this.#counts.lastPacketUs };
    const endingAlready = this.#ending !== undefined;
    this.#ending = stop;
    if (endingAlready) return;
    this.#counts.collect(session, this.#playing, this.#watchedTrack);
    this.#playing = undefined;
    this.#ticket?.release();
    this.#ticket = undefined;
    if (stop.cause !== 'stopped') this.#holdBack(stop);
    this.#flowingSinceMs = undefined;
    this.#sinks.stop(stop);
    this.#tellDown(stop);
    void session.close().then(() => this.#goOn());
  }

  #holdBack(stop: StreamStop): void {
    const { clock, random, settings } = this.#deps;
    const nowMs = clock.monotonicMs();
    const flowedMs = this.#flowingSinceMs === undefined ? 0 : nowMs - this.#flowingSinceMs;
    this.#failures = flowedMs >= settings.redial.stableAfterMs ? 1 : this.#failures + 1;
    const refused = stop.error !== undefined && isCredentialFault(stop.error.code);
    this.#refusals = refused ? this.#refusals + 1 : 0;
    const heldUntilMs = this.#login.failed(this.#source, stop.error, nowMs);
    if (heldUntilMs !== undefined) {
      // The next time that it is offered and refused, a day later, is news again.
      this.#lastCode = undefined;
      this.#notBeforeMs = heldUntilMs;
      return;
    }
    const inARow = refused ? this.#refusals : this.#failures;
    this.#notBeforeMs = nowMs + redialDelayMs(stop, inARow, random(), settings.redial);
  }

  #onClosed(error: MediaError): void {
    if (this.#ending !== undefined) return;
    if (error.code === 'TRANSPORT_BLOCKED' && !this.#udpBlocked) {
      this.#changeToTcp(error);
      return;
    }
    const played = this.#playing !== undefined;
    const lost = played && error.code === 'CONNECTION_LOST';
    const exhausted = error.code === 'SESSIONS_EXHAUSTED';
    this.#endSession({
      cause: lost ? 'lost' : exhausted ? 'sessions-exhausted' : faultKind(error.code),
      error,
    });
  }

  /** Nobody is told: to them the stream is still connecting. */
  #changeToTcp(error: MediaError): void {
    this.#udpBlocked = true;
    this.#ticket?.release();
    this.#ticket = undefined;
    this.#ending = { cause: 'failed', error, lastPacketUs: this.#counts.lastPacketUs };
    void this.#session?.close().then(() => this.#goOn());
  }

  #tellDown(stop: StreamStop): void {
    const nowUs = this.#deps.clock.wallUs();
    const wasFlowing = this.#state.kind === 'flowing';
    const code = `${stop.cause}/${stop.error?.code ?? ''}`;
    const sinceUs = this.#state.kind === 'down' ? this.#state.sinceUs : nowUs;
    this.#state = { kind: 'down', sinceUs, stop, attempts: this.#failures };
    if (!wasFlowing && (code === this.#lastCode || stop.cause === 'stopped')) return;
    this.#lastCode = code;
    this.#deps.emit({ kind: 'down', key: this.#source.key, atUs: nowUs, stop });
  }

  #goOn(): void {
    this.#ending = undefined;
    this.#session = undefined;
    if (this.#wanted) this.#dialAt(this.#notBeforeMs);
    else this.#becomeIdle();
  }

  #becomeIdle(): void {
    this.#state = { kind: 'idle' };
    const { clock, onIdle } = this.#deps;
    const delayMs = this.#notBeforeMs - clock.monotonicMs();
    if (delayMs > 0) this.#forgetTimer = clock.setTimer(delayMs, () => onIdle(this));
    else onIdle(this);
  }
}

/** Host and port of an RTSP URL; empty when it is none. */
function placeOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : '';
}
