import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { type CameraState, countOne } from '../camera-state.ts';
import { DigestAuthority } from '../digest-authority.ts';
import { type SnapshotView, type SnapshotViews, snapshotViews } from '../streams/snapshot-views.ts';
import type { TimerWheel } from '../timer-wheel.ts';
import { deviceOperations } from './device-service.ts';
import {
  eventNamespace,
  eventOperations,
  notificationNamespace,
  subscriptionOperations,
} from './event-service.ts';
import { mediaOperations } from './media-service.ts';
import { media2Operations } from './media2-service.ts';
import { type OnvifCamera, type OperationHandler, snapshotPath } from './onvif-camera.ts';
import {
  composeEnvelope,
  faultBody,
  namespaces,
  parseSoapRequest,
  SoapFault,
  type SoapRequest,
} from './soap.ts';
import { UsernameTokenCheck } from './username-token.ts';
import { sendGarbage, sendHuge, sendSlowly } from './xml-faults.ts';

const maxRequestBytes = 256 * 1024;

const operationsOf: Readonly<Record<string, Readonly<Record<string, OperationHandler>>>> = {
  [namespaces.tds]: deviceOperations,
  [namespaces.trt]: mediaOperations,
  [namespaces.tr2]: media2Operations,
  [eventNamespace]: eventOperations,
  [notificationNamespace]: subscriptionOperations,
};

/** The PRE_AUTH access class (ONVIF Core §5.9.4.3) as far as it is served here. */
const capabilityOperations = new Set(['GetServices', 'GetCapabilities', 'GetHostname']);

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly challenges: readonly string[];
}

function viewOf(state: CameraState): SnapshotView {
  return snapshotViews.find((view) => view !== 'well' && state.hasFault(`view-${view}`)) ?? 'well';
}

/** The HTTP side of one camera: ONVIF services and the snapshot, on the camera's own address. */
export class OnvifServer {
  readonly #camera: OnvifCamera;
  readonly #snapshots: SnapshotViews;
  readonly #wheel: TimerWheel;
  readonly #authority: DigestAuthority;
  readonly #tokens: UsernameTokenCheck;
  readonly #sockets = new Set<Socket>();
  readonly #muted = new Set<Socket>();
  #server: Server | null = null;

  constructor(
    camera: OnvifCamera,
    snapshots: SnapshotViews,
    wheel: TimerWheel,
    newNonce: () => string,
  ) {
    const { manufacturer, onvif } = camera.state.model;
    this.#camera = camera;
    this.#snapshots = snapshots;
    this.#wheel = wheel;
    this.#authority = new DigestAuthority(
      { realm: manufacturer, algorithms: onvif.digestAlgorithms, nonceLifetimeMs: 300_000 },
      newNonce,
    );
    this.#tokens = new UsernameTokenCheck(onvif.tokenFreshnessMs);
  }

  async listen(): Promise<void> {
    const { plan } = this.#camera.state;
    const server = createServer((request, response) => {
      this.serve(request, response);
    });
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: plan.address, port: plan.httpPort, backlog: 128 }, () => resolve());
    });
  }

  /** Answers a request that came in by a listener of our own or of a whole crowd. */
  serve(request: IncomingMessage, response: ServerResponse): void {
    this.#serve(request, response).catch(() => response.destroy());
  }

  /** Stops listening and resets every open connection. */
  async unplug(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    for (const socket of this.#sockets) socket.resetAndDestroy();
    if (server !== null) await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  /** Requests that a fault left unanswered stay so: their connections end with the fault. */
  reactToFaults(): void {
    if (this.#camera.state.hasFault('blackhole')) return;
    for (const socket of this.#muted) socket.destroy();
    this.#muted.clear();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { state } = this.#camera;
    if (state.hasFault('blackhole')) {
      this.#muted.add(request.socket);
      return;
    }
    const hasSnapshot = state.model.onvif.hasSnapshot;
    if (hasSnapshot && request.method === 'GET' && request.url === snapshotPath) {
      await this.#serveSnapshot(request, response);
      return;
    }
    if (request.method !== 'POST') {
      response.writeHead(404).end();
      return;
    }
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of request) {
      if (!Buffer.isBuffer(chunk)) continue;
      size += chunk.length;
      if (size > maxRequestBytes) {
        response.writeHead(413, { connection: 'close' }).end();
        return;
      }
      chunks.push(chunk);
    }
    const answer = await this.#answerTo(request, Buffer.concat(chunks).toString('utf8'));
    const delay = state.fault('slow-answer');
    if (delay === undefined) this.#reply(response, answer);
    else this.#wheel.schedule(state.now() + delay.delayMs, () => this.#reply(response, answer));
  }

  #reply(response: ServerResponse, answer: Answer): void {
    const { state } = this.#camera;
    if (answer.challenges.length > 0) {
      response.setHeader('WWW-Authenticate', [...answer.challenges]);
    }
    response.statusCode = answer.status;
    response.setHeader('Content-Type', state.model.onvif.contentType);
    const xml = composeEnvelope(state.model, answer.body);
    const huge = state.fault('huge-xml');
    const slow = state.fault('slow-xml');
    if (huge !== undefined) sendHuge(response, huge.sizeBytes ?? 64 * 1024 * 1024);
    else if (state.hasFault('garbage-xml')) sendGarbage(response, xml, state.random);
    else if (slow !== undefined)
      sendSlowly(response, xml, slow.bytesPerSecond, this.#wheel, state.now);
    else response.setHeader('Content-Length', Buffer.byteLength(xml)).end(xml);
  }

  async #serveSnapshot(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { state } = this.#camera;
    const challenges = this.#challengesUnlessDigest(request);
    if (challenges.length > 0) {
      response.writeHead(401, { 'WWW-Authenticate': challenges }).end();
      return;
    }
    state.counters.snapshots += 1;
    const count = state.counters.snapshots;
    const jpeg = await this.#snapshots.take(viewOf(state), state.hasFault('frozen'), count);
    response.writeHead(200, { 'Content-Type': 'image/jpeg', 'Content-Length': jpeg.length });
    response.end(jpeg);
  }

  /** The challenges to answer with, or none when the request carries valid HTTP digest. */
  #challengesUnlessDigest(request: IncomingMessage): string[] {
    const { state } = this.#camera;
    const nowMs = state.now();
    const { authorization } = request.headers;
    const method = request.method ?? '';
    const verdict = this.#authority.check(authorization, method, state.credentials, nowMs);
    if (verdict === 'accepted' && state.admit(true, 'onvif')) return [];
    if (verdict === 'refused') state.admit(false, 'onvif');
    return this.#authority.challenges(nowMs, verdict === 'stale');
  }

  async #answerTo(request: IncomingMessage, text: string): Promise<Answer> {
    const { model, counters } = this.#camera.state;
    try {
      const soap = this.#parse(text);
      countOne(counters.onvifRequests, soap.operation);
      const challenges = this.#authorize(request, soap);
      if (challenges.length > 0) {
        const fault = new SoapFault('Sender', ['NotAuthorized'], 'Sender not authorized');
        return { status: 401, body: this.#faultBody(fault), challenges };
      }
      if (!model.onvif.media1 && soap.operationNamespace === namespaces.trt) {
        throw new SoapFault('Receiver', ['ActionNotSupported'], 'No such service');
      }
      const handler = operationsOf[soap.operationNamespace]?.[soap.operation];
      if (handler === undefined || model.onvif.missingOperations.includes(soap.operation)) {
        throw new SoapFault('Receiver', ['ActionNotSupported'], 'Optional Action Not Implemented');
      }
      const call = { ...soap, path: request.url ?? '/' };
      return { status: 200, body: await handler(this.#camera, call), challenges: [] };
    } catch (error) {
      if (!(error instanceof SoapFault)) throw error;
      const status = error.code === 'Receiver' ? 500 : model.onvif.faultStatus;
      return { status, body: this.#faultBody(error), challenges: [] };
    }
  }

  #faultBody(fault: SoapFault): string {
    return faultBody(fault, this.#camera.state.model.onvif.soap11Faults ? '1.1' : '1.2');
  }

  #parse(text: string): SoapRequest {
    try {
      return parseSoapRequest(text);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : 'not readable';
      throw new SoapFault('Sender', ['WellFormed'], reason);
    }
  }

  /** Gives challenges for HTTP digest where the camera knows it; throws ter:NotAuthorized else. */
  #authorize(request: IncomingMessage, soap: SoapRequest): string[] {
    const { state } = this.#camera;
    const { authentication, openCapabilities } = state.model.onvif;
    if (soap.operation === 'GetSystemDateAndTime') return [];
    if (openCapabilities && capabilityOperations.has(soap.operation)) return [];
    if (authentication !== 'digest' && soap.token !== null) {
      const isRight = this.#tokens.accepts(soap.token, state.credentials, state.clockMs());
      if (state.admit(isRight, 'onvif')) return [];
      throw new SoapFault('Sender', ['NotAuthorized'], 'Sender not authorized');
    }
    if (authentication === 'wsse') {
      throw new SoapFault('Sender', ['NotAuthorized'], 'Sender not authorized');
    }
    return this.#challengesUnlessDigest(request);
  }
}
