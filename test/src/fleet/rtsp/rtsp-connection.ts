import type { Socket } from 'node:net';
import { type CameraState, countOne } from '../camera-state.ts';
import type { DigestAuthority } from '../digest-authority.ts';
import type { LiveEncoder } from '../streams/live-encoder.ts';
import type { TimerWheel } from '../timer-wheel.ts';
import { UdpOutlet } from './rtp-outlet.ts';
import { RtpSender } from './rtp-sender.ts';
import { RtspParser, type RtspRequest } from './rtsp-parser.ts';
import { buildSessionDescription } from './session-description.ts';

export type StreamName = 'main' | 'sub';

/** The encoders behind a camera's two stream addresses; audio belongs to both. */
export interface CameraEncoders {
  readonly main: LiveEncoder;
  readonly sub: LiveEncoder;
  readonly audio: LiveEncoder | null;
}

/** What the connections of one camera share. */
export interface RtspCamera {
  readonly state: CameraState;
  readonly encoders: CameraEncoders;
  readonly authority: DigestAuthority;
  readonly wheel: TimerWheel;
  readonly sessions: Map<string, RtspSession>;
  readonly sessionTimeoutMs: number;
}

export interface RtspSession {
  readonly id: string;
  readonly stream: StreamName;
  readonly senders: Map<number, RtpSender>;
  /** Of tracks over UDP. */
  readonly outlets: UdpOutlet[];
  lastActivityMs: number;
  isPlaying: boolean;
  end(): void;
}

interface Target {
  readonly stream: StreamName;
  readonly track: number | null;
}

const reasons: Readonly<Record<number, string>> = {
  200: 'OK',
  400: 'Bad Request',
  401: 'Unauthorized',
  404: 'Not Found',
  453: 'Not Enough Bandwidth',
  454: 'Session Not Found',
  455: 'Method Not Valid In This State',
  461: 'Unsupported Transport',
  501: 'Not Implemented',
};

const floodChunkBytes = 128 * 1024;
const floodIntervalMs = 20;

function clientPortOf(choices: readonly string[]): number | null {
  for (const choice of choices) {
    const match = /^\s*RTP\/AVP(?:\/UDP)?;(?!.*multicast).*client_port=(\d{1,5})/i.exec(choice);
    if (match !== null) return Number(match[1]);
  }
  return null;
}

/** One client's RTSP connection (RFC 2326), media interleaved or over UDP. */
export class RtspConnection {
  readonly #camera: RtspCamera;
  readonly #socket: Socket;
  readonly #parser: RtspParser;
  readonly #ownSessions = new Set<RtspSession>();
  #described: StreamName | null = null;

  constructor(camera: RtspCamera, socket: Socket) {
    this.#camera = camera;
    this.#socket = socket;
    this.#parser = new RtspParser({
      onRequest: (request) => this.#handle(request),
      onInterleaved: () => {},
      onMalformed: () => {
        this.#answer(400, undefined, []);
        socket.destroySoon();
      },
    });
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.#parser.push(chunk));
    socket.on('error', () => {});
    socket.on('close', () => {
      for (const session of this.#ownSessions) session.end();
    });
    this.reactToFaults();
  }

  /** Takes up or drops what faults do to a connection that is already open. */
  reactToFaults(): void {
    const { state } = this.#camera;
    if (state.hasFault('blackhole')) this.#socket.pause();
    else if (this.#socket.isPaused()) this.#socket.resume();
    if (state.hasFault('flood')) this.#flood();
  }

  #flood(): void {
    const { state, wheel } = this.#camera;
    if (this.#socket.destroyed || !state.hasFault('flood')) return;
    if (this.#socket.writableLength < 8 * floodChunkBytes) {
      const garbage = Buffer.allocUnsafe(floodChunkBytes);
      for (let index = 0; index < garbage.length; index += 4) {
        garbage.writeUInt32LE(Math.floor(state.random() * 0x1_0000_0000), index);
      }
      this.#socket.write(garbage);
    }
    wheel.schedule(state.now() + floodIntervalMs, () => this.#flood());
  }

  #answer(
    status: number,
    request: RtspRequest | undefined,
    headers: readonly string[],
    body = '',
  ): void {
    if (this.#socket.destroyed) return;
    const lines = [
      `RTSP/1.0 ${status} ${reasons[status] ?? 'Error'}`,
      `CSeq: ${request?.headers.get('cseq') ?? '0'}`,
      `Server: ${this.#camera.state.model.rtsp.serverHeader}`,
      ...headers,
      ...(body === '' ? [] : [`Content-Length: ${Buffer.byteLength(body)}`]),
    ];
    this.#socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`);
  }

  #publicMethods(): string {
    const methods = ['OPTIONS', 'DESCRIBE', 'SETUP', 'PLAY', 'PAUSE', 'TEARDOWN'];
    if (this.#camera.state.model.rtsp.supportsGetParameter) methods.push('GET_PARAMETER');
    return `Public: ${methods.join(', ')}`;
  }

  #handle(request: RtspRequest): void {
    const { state } = this.#camera;
    countOne(state.counters.rtspRequests, request.method);
    const sessionId = request.headers.get('session')?.split(';')[0]?.trim();
    const session = sessionId === undefined ? undefined : this.#camera.sessions.get(sessionId);
    if (request.method === 'OPTIONS') {
      if (session !== undefined) session.lastActivityMs = state.now();
      this.#answer(200, request, [this.#publicMethods()]);
      return;
    }
    if (!this.#isAuthorized(request)) return;
    if (session !== undefined) session.lastActivityMs = state.now();
    else if (sessionId !== undefined) {
      this.#answer(454, request, []);
      return;
    }
    switch (request.method) {
      case 'DESCRIBE':
        this.#describe(request);
        break;
      case 'SETUP':
        this.#setup(request, session);
        break;
      case 'PLAY':
      case 'PAUSE':
      case 'TEARDOWN':
        if (session === undefined) this.#answer(454, request, []);
        else this.#control(request, session);
        break;
      case 'GET_PARAMETER':
        if (!state.model.rtsp.supportsGetParameter) {
          this.#answer(501, request, [this.#publicMethods()]);
        } else this.#answer(200, request, session === undefined ? [] : [`Session: ${session.id}`]);
        break;
      default:
        this.#answer(501, request, [this.#publicMethods()]);
    }
  }

  #isAuthorized(request: RtspRequest): boolean {
    const { state, authority } = this.#camera;
    const nowMs = state.now();
    const verdict = authority.check(
      request.headers.get('authorization'),
      request.method,
      state.credentials,
      nowMs,
    );
    if (verdict === 'accepted' && state.admit(true, 'rtsp')) return true;
    if (verdict === 'refused') state.admit(false, 'rtsp');
    const challenges = authority.challenges(nowMs, verdict === 'stale');
    const headers = challenges.map((challenge) => `WWW-Authenticate: ${challenge}`);
    this.#answer(401, request, headers);
    return false;
  }

  #baseUri(stream: StreamName): string {
    const { plan, model } = this.#camera.state;
    return `rtsp://${plan.address}:${plan.rtspPort}${model.rtsp.paths[stream]}`;
  }

  #targetOf(uri: string): Target | null {
    const match = /^rtsp:\/\/[^/]+(\/.*)?$/i.exec(uri);
    if (match === null) return null;
    const path = match[1] ?? '/';
    const { paths } = this.#camera.state.model.rtsp;
    const candidates: [StreamName, string][] = [
      ['main', paths.main],
      ['sub', paths.sub],
      ['main', '/main'],
      ['sub', '/sub'],
    ];
    for (const [stream, prefix] of candidates) {
      if (!path.startsWith(prefix)) continue;
      const rest = /^(?:\/?trackID=(\d+)|\/?)$/.exec(path.slice(prefix.length));
      if (rest !== null) return { stream, track: rest[1] === undefined ? null : Number(rest[1]) };
    }
    // A client that resolves "trackID=0" against a base with a query loses path and query.
    const track = /\/trackID=(\d+)$/.exec(path)?.[1];
    if (this.#described !== null && track !== undefined) {
      return { stream: this.#described, track: Number(track) };
    }
    return null;
  }

  #tracksOf(stream: StreamName): LiveEncoder[] {
    const { encoders } = this.#camera;
    return [encoders[stream], ...(encoders.audio === null ? [] : [encoders.audio])];
  }

  #describe(request: RtspRequest): void {
    const target = this.#targetOf(request.uri);
    if (target === null) {
      this.#answer(404, request, []);
      return;
    }
    const { plan, model } = this.#camera.state;
    const base = this.#baseUri(target.stream);
    this.#described = target.stream;
    const isAbsolute = model.rtsp.absoluteControls;
    const tracks = this.#tracksOf(target.stream).map((encoder, track) => ({
      clip: encoder.clip,
      control: isAbsolute ? `${base}/trackID=${track}` : `trackID=${track}`,
    }));
    const description = buildSessionDescription(
      plan.address,
      `${model.manufacturer} ${target.stream}`,
      isAbsolute ? base : '*',
      tracks,
    );
    const headers = ['Content-Type: application/sdp'];
    if (model.rtsp.sendsContentBase) headers.push(`Content-Base: ${base}/`);
    this.#answer(200, request, headers, description);
  }

  #setup(request: RtspRequest, known: RtspSession | undefined): void {
    const { state, sessions } = this.#camera;
    const target = this.#targetOf(request.uri);
    const track = target?.track ?? 0;
    const encoder = target === null ? undefined : this.#tracksOf(target.stream)[track];
    if (target === null || encoder === undefined) {
      this.#answer(404, request, []);
      return;
    }
    const choices = (request.headers.get('transport') ?? '').split(',');
    const transport = choices.find((choice) => /^\s*RTP\/AVP\/TCP/i.test(choice));
    const clientPort = state.hasFault('no-udp') ? null : clientPortOf(choices);
    if (transport === undefined && clientPort === null) {
      this.#answer(461, request, []);
      return;
    }
    const isFull = known === undefined && sessions.size >= state.model.rtsp.maxSessions;
    if (isFull || state.hasFault('rtsp-453')) {
      this.#answer(453, request, []);
      return;
    }
    if (known?.isPlaying === true) {
      this.#answer(455, request, []);
      return;
    }
    if (transport === undefined) {
      this.#setupUdp(request, known, target.stream, track, encoder, clientPort ?? 0);
      return;
    }
    const asked = /interleaved=(\d+)(?:-(\d+))?/i.exec(transport);
    const rtp =
      asked === null || state.model.rtsp.ownChannels ? 8 + 2 * track : Number(asked[1]) & 0xfe;
    const session = known ?? this.#openSession(target.stream);
    const channels = { rtp, rtcp: rtp + 1 };
    const sender = new RtpSender(this.#socket, encoder, channels, state, this.#camera.wheel);
    session.senders.set(track, sender);
    this.#answer(200, request, [
      `Transport: RTP/AVP/TCP;unicast;interleaved=${rtp}-${rtp + 1};ssrc=${sender.ssrc
        .toString(16)
        .padStart(8, '0')
        .toUpperCase()};mode="PLAY"`,
      this.#sessionHeader(session),
    ]);
  }

  #setupUdp(
    request: RtspRequest,
    known: RtspSession | undefined,
    stream: StreamName,
    track: number,
    encoder: LiveEncoder,
    clientPort: number,
  ): void {
    const { state, wheel } = this.#camera;
    const session = known ?? this.#openSession(stream);
    UdpOutlet.open(this.#socket, state, clientPort).then(
      (outlet) => {
        if (!this.#ownSessions.has(session)) {
          outlet.close();
          return;
        }
        session.outlets.push(outlet);
        const sender = new RtpSender(outlet, encoder, { rtp: 0, rtcp: 1 }, state, wheel);
        session.senders.set(track, sender);
        this.#answer(200, request, [
          `Transport: RTP/AVP;unicast;client_port=${clientPort}-${clientPort + 1};` +
            `server_port=${outlet.ports}`,
          this.#sessionHeader(session),
        ]);
      },
      () => this.#answer(461, request, []),
    );
  }

  #sessionHeader(session: RtspSession): string {
    return `Session: ${session.id};timeout=${Math.round(this.#camera.sessionTimeoutMs / 1000)}`;
  }

  #openSession(stream: StreamName): RtspSession {
    const { state, sessions, wheel, sessionTimeoutMs } = this.#camera;
    const id = Math.floor(state.random() * 0xffff_ffff_ffff)
      .toString(16)
      .padStart(12, '0');
    let cancelCheck = () => {};
    const session: RtspSession = {
      id,
      stream,
      senders: new Map(),
      outlets: [],
      lastActivityMs: state.now(),
      isPlaying: false,
      end: () => {
        cancelCheck();
        for (const sender of session.senders.values()) sender.pause();
        for (const outlet of session.outlets) outlet.close();
        session.isPlaying = false;
        sessions.delete(id);
        this.#ownSessions.delete(session);
      },
    };
    const check = () => {
      const dueMs = session.lastActivityMs + sessionTimeoutMs;
      if (dueMs <= state.now()) {
        state.counters.rtspSessionsTimedOut += 1;
        session.end();
      } else cancelCheck = wheel.schedule(dueMs, check);
    };
    cancelCheck = wheel.schedule(session.lastActivityMs + sessionTimeoutMs, check);
    sessions.set(id, session);
    this.#ownSessions.add(session);
    state.counters.rtspSessionsOpened += 1;
    return session;
  }

  #control(request: RtspRequest, session: RtspSession): void {
    const header = this.#sessionHeader(session);
    if (request.method === 'TEARDOWN') {
      session.end();
      this.#answer(200, request, []);
      return;
    }
    if (request.method === 'PAUSE') {
      for (const sender of session.senders.values()) sender.pause();
      session.isPlaying = false;
      this.#answer(200, request, [header]);
      return;
    }
    const nowMs = this.#camera.state.now();
    const base = this.#baseUri(session.stream);
    const info = [...session.senders].map(
      ([track, sender]) =>
        `url=${base}/trackID=${track};seq=${sender.nextSequence};rtptime=${sender.timestampAt(nowMs)}`,
    );
    this.#answer(200, request, ['Range: npt=0.000-', header, `RTP-Info: ${info.join(',')}`]);
    session.isPlaying = true;
    for (const sender of session.senders.values()) sender.play();
  }
}
