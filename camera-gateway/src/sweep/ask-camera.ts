import { connect, type OnReadOpts, type Socket } from 'node:net';
import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { CameraEndpoint } from '@nigehban/domain/camera.ts';
import type { ProbeOutcome } from '@nigehban/domain/camera-state.ts';
import { namespaces } from '../onvif/onvif-namespaces.ts';
import { buildEnvelope } from '../onvif/soap-envelope.ts';
import { scanAnswer } from './scan-answer.ts';

/** What one light check found. */
export type AskOutcome =
  | { readonly kind: 'answers'; readonly clockOffsetMs: number | null }
  | Exclude<ProbeOutcome, { kind: 'answers' | 'refused' }>
  /** Our own machine lacks something: that says nothing of the camera. */
  | { readonly kind: 'unasked'; readonly reason: string };

export interface AskLimits {
  /** Without a connection by then the network does not lead there. */
  readonly connectMs: number;
  /** The whole check, whatever the camera does. */
  readonly totalMs: number;
}

/** Asks one camera and tells once; the returned function ends it without telling. */
export type AskCamera = (
  endpoint: CameraEndpoint,
  limits: AskLimits,
  done: (outcome: AskOutcome) => void,
) => () => void;

/** Of an answer; a time is told in 1 to 2 KB by the most talkative of cameras. */
const maxAnswerBytes = 8 * 1024;
/** Reads that one answer may take: a body that drips is looked through again with each. */
const maxReads = 256;

const body = buildEnvelope('<tds:GetSystemDateAndTime/>');
const requestTail =
  '\r\nContent-Type: application/soap+xml; charset=utf-8; ' +
  `action="${namespaces.device}/GetSystemDateAndTime"\r\n` +
  `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`;

/** Errors by which our own machine says that it cannot. */
const ownErrors: ReadonlySet<string> = new Set([
  'EMFILE',
  'ENFILE',
  'ENOBUFS',
  'ENOMEM',
  'EADDRNOTAVAIL',
  'EACCES',
]);

/** Errors by which the network says that it does not lead to the camera. */
const networkErrors: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  EHOSTUNREACH: 'no such host on the network',
  EHOSTDOWN: 'no such host on the network',
  ENETUNREACH: 'network unreachable',
  ENETDOWN: 'network unreachable',
  ETIMEDOUT: 'no connection in time',
  ENOTFOUND: 'name not found',
  EAI_AGAIN: 'name not found',
};

/**
 * The health check of the sweep: one GetSystemDateAndTime, which ONVIF Core lets be asked without
 * credentials, on a connection of its own, over plain sockets because 29,000 of them are asked
 * every few seconds. It never sends credentials, so it cannot lock a camera. A 401 or a SOAP fault
 * is an answer. One buffer takes what all sockets read.
 */
export function createAskCamera(clock: Clock): AskCamera {
  const buffer = Buffer.allocUnsafe(maxAnswerBytes);
  return (endpoint, limits, done) => new Exchange(clock, buffer, endpoint, limits, done).abandon;
}

class Exchange {
  readonly #clock: Clock;
  readonly #endpoint: CameraEndpoint;
  readonly #limits: AskLimits;
  readonly #done: (outcome: AskOutcome) => void;
  readonly #sentMs: number;
  readonly #socket: Socket;
  #cancelTimer: () => void;
  #connected = false;
  #settled = false;
  #text = '';
  #reads = 0;

  constructor(
    clock: Clock,
    buffer: Buffer,
    endpoint: CameraEndpoint,
    limits: AskLimits,
    done: (outcome: AskOutcome) => void,
  ) {
    this.#clock = clock;
    this.#endpoint = endpoint;
    this.#limits = limits;
    this.#done = done;
    this.#sentMs = clock.nowMs();
    const onread: OnReadOpts = {
      buffer,
      callback: (sizeBytes) => {
        this.#read(buffer.toString('latin1', 0, sizeBytes));
        return true;
      },
    };
    const { address, onvifPort } = endpoint;
    this.#socket = connect({ host: address, port: onvifPort, family: 4, noDelay: true, onread });
    this.#socket.on('connect', () => this.#connect());
    this.#socket.on('error', (error: NodeJS.ErrnoException) => this.#fail(error.code ?? ''));
    this.#socket.on('end', () => this.#end());
    this.#socket.on('close', () => this.#end());
    this.#cancelTimer = clock.after(limits.connectMs, () => this.#late());
  }

  readonly abandon = (): void => {
    this.#settled = true;
    this.#cancelTimer();
    this.#socket.destroy();
  };

  #connect(): void {
    if (this.#settled) return;
    this.#connected = true;
    this.#cancelTimer();
    const { connectMs, totalMs } = this.#limits;
    // A clock that was set back must not lengthen the wait.
    const usedMs = Math.min(connectMs, Math.max(0, this.#clock.nowMs() - this.#sentMs));
    this.#cancelTimer = this.#clock.after(totalMs - usedMs, () => this.#late());
    const { address, onvifPort } = this.#endpoint;
    this.#socket.write(
      `POST /onvif/device_service HTTP/1.1\r\nHost: ${address}:${onvifPort}${requestTail}`,
      'latin1',
    );
  }

  #read(text: string): void {
    if (this.#settled) return;
    this.#text = this.#text === '' ? text : this.#text + text;
    this.#reads += 1;
    this.#judge(false);
  }

  #end(): void {
    if (!this.#settled) this.#judge(true);
  }

  #judge(ended: boolean): void {
    const scan = scanAnswer(this.#text, ended);
    if (scan.kind === 'answers') {
      this.#settle({ kind: 'answers', clockOffsetMs: this.#offsetOf(scan.cameraClockMs) });
    } else if (scan.kind === 'wrong') {
      this.#wrong('CAMERA_ANSWER_INVALID', scan.evidence);
    } else if (this.#text.length >= maxAnswerBytes) {
      this.#wrong('CAMERA_ANSWER_TOO_LARGE', 'answers more than is allowed');
    } else if (this.#reads >= maxReads) {
      this.#wrong('CAMERA_ANSWER_INVALID', 'answers in crumbs');
    }
  }

  #offsetOf(cameraClockMs: number | null): number | null {
    if (cameraClockMs === null) return null;
    return Math.round(cameraClockMs - (this.#sentMs + this.#clock.nowMs()) / 2);
  }

  #late(): void {
    if (this.#connected) this.#wrong('CAMERA_TIMEOUT', 'did not answer in time');
    else this.#unreachable('no connection in time');
  }

  #fail(code: string): void {
    if (this.#settled) return;
    if (ownErrors.has(code)) {
      this.#settle({ kind: 'unasked', reason: code });
      return;
    }
    const words = networkErrors[code];
    if (words !== undefined) this.#unreachable(words);
    else this.#end();
  }

  #unreachable(words: string): void {
    this.#settle({
      kind: 'unreachable',
      fault: 'CAMERA_UNREACHABLE',
      evidence: `${this.#where()}: ${words}`,
    });
  }

  #wrong(
    fault: 'CAMERA_ANSWER_INVALID' | 'CAMERA_ANSWER_TOO_LARGE' | 'CAMERA_TIMEOUT',
    words: string,
  ): void {
    this.#settle({ kind: 'failed', fault, evidence: `${this.#where()} ${words}` });
  }

  #settle(outcome: AskOutcome): void {
    if (this.#settled) return;
    this.abandon();
    this.#done(outcome);
  }

  #where(): string {
    return `${this.#endpoint.address}:${this.#endpoint.onvifPort}`;
  }
}
