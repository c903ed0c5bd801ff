import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { CameraCredentials, CameraEndpoint } from '@nigehban/domain/camera.ts';
import { Fault, toFaultMessage } from '@nigehban/domain/faults.ts';
import type { OnvifCallReport } from '@nigehban/domain/link-messages.ts';
import { type AccessProof, createCameraAccess, type RandomBytes } from './camera-access.ts';
import { type BodyReader, bytesReader, exchange, type Reply } from './camera-http.ts';
import type { Deadline } from './deadline.ts';
import { namespaces } from './onvif-namespaces.ts';
import { type PinnedPath, pinRedirect, pinServiceUrl } from './pinned-address.ts';
import { readSoapAnswer, toFault } from './soap-answer.ts';
import { buildEnvelope, buildUsernameToken } from './soap-envelope.ts';
import { createXmlDecoder } from './xml-charset.ts';
import { createXmlReader, onvifXmlLimits, type XmlElement } from './xml-reader.ts';

export type OnvifService = 'device' | 'media' | 'media2' | 'events';

export interface OnvifRequest {
  /** The operation's name, as in the WSDL. */
  readonly operation: string;
  readonly service: OnvifService;
  /** The body's element with the prefix of the service (`tds`, `trt`, `tr2`). */
  readonly body: string;
  /** An address that the service named (a subscription's), instead of the service's own. */
  readonly at?: string;
  /** The action when it is not the service's namespace and the operation. */
  readonly action?: string;
  /** More of the envelope's header (WS-Addressing). */
  readonly header?: string;
  /** The answer belongs to another standard, and firmware disagrees about which. */
  readonly anyNamespace?: boolean;
  /** PRE_AUTH operations go without credentials (ONVIF Core §5.9.4.3). */
  readonly open?: boolean;
}

export interface OnvifClientOptions {
  readonly endpoint: CameraEndpoint;
  /** Null: open operations and cameras without users only. */
  readonly credentials: CameraCredentials | null;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  readonly connectTimeoutMs: number;
  readonly devicePath?: string;
  /** True while the credentials are not to be sent: asked before every request that carries them. */
  readonly heldBack?: () => boolean;
}

/** ONVIF by SOAP 1.2 over HTTP with one camera. Every call goes to the registered address. */
export interface OnvifClient {
  readonly endpoint: CameraEndpoint;
  readonly clock: Clock;
  /** Calls made so far, in order. */
  readonly calls: readonly OnvifCallReport[];
  /**
   * The `…Response` element. Throws a CAMERA_… fault; CAMERA_OPERATION_UNSUPPORTED at once when the
   * camera has no such service.
   */
  call(request: OnvifRequest, deadline: Deadline): Promise<XmlElement>;
  /** A file of the camera by GET, with HTTP Digest when asked for it (never Basic). */
  download(url: string, maxBytes: number, deadline: Deadline): Promise<Buffer>;
  /** Tells where a service is, as the camera named it. */
  learnService(service: OnvifService, xaddr: string): void;
  hasService(service: OnvifService): boolean;
  /** Services learned from now on are asked on the registered port, whatever port the camera names. */
  keepToRegisteredPort(): void;
  /** The camera was given the credentials and refused them; this client does not offer them again. */
  credentialsRefused(): boolean;
  /** Camera clock minus ours: UsernameTokens are dated by the camera's clock. */
  learnClockOffset(offsetMs: number): void;
}

const contentType = 'application/soap+xml; charset=utf-8';
const maxCallsKept = 200;

export function createOnvifClient(options: OnvifClientOptions): OnvifClient {
  return new PinnedOnvifClient(options);
}

class PinnedOnvifClient implements OnvifClient {
  readonly endpoint: CameraEndpoint;
  readonly clock: Clock;
  readonly calls: OnvifCallReport[] = [];
  readonly #options: OnvifClientOptions;
  readonly #services = new Map<OnvifService, PinnedPath>();
  readonly #access;
  readonly #downloadAccess;
  #clockOffsetMs = 0;
  #keepsPort = false;

  constructor(options: OnvifClientOptions) {
    this.#options = options;
    this.endpoint = options.endpoint;
    this.clock = options.clock;
    this.#access = createCameraAccess(options.credentials, options.randomBytes);
    // Another realm and nonce than the SOAP service's, often another server on the camera.
    this.#downloadAccess = createCameraAccess(options.credentials, options.randomBytes);
    const path = options.devicePath ?? '/onvif/device_service';
    this.#services.set('device', { port: options.endpoint.onvifPort, path });
  }

  learnService(service: OnvifService, xaddr: string): void {
    // The device service answers where it was registered; what it says of itself is not needed.
    if (service === 'device') return;
    const at = pinServiceUrl(xaddr, this.endpoint);
    const port = this.#keepsPort ? this.endpoint.onvifPort : at.port;
    this.#services.set(service, { ...at, port });
  }

  keepToRegisteredPort(): void {
    this.#keepsPort = true;
  }

  hasService(service: OnvifService): boolean {
    return this.#services.has(service);
  }

  credentialsRefused(): boolean {
    return this.#access.isRefused() || this.#downloadAccess.isRefused();
  }

  learnClockOffset(offsetMs: number): void {
    this.#clockOffsetMs = offsetMs;
  }

  async call(request: OnvifRequest, deadline: Deadline): Promise<XmlElement> {
    const startedMs = this.clock.nowMs();
    try {
      const element = await this.#converse(request, deadline);
      this.#report(request.operation, startedMs, null);
      return element;
    } catch (thrown) {
      this.#report(request.operation, startedMs, thrown);
      throw thrown;
    }
  }

  async download(url: string, maxBytes: number, deadline: Deadline): Promise<Buffer> {
    const startedMs = this.clock.nowMs();
    try {
      const bytes = await this.#download(url, maxBytes, deadline);
      this.#report('GET', startedMs, null);
      return bytes;
    } catch (thrown) {
      this.#report('GET', startedMs, thrown);
      throw thrown;
    }
  }

  #report(operation: string, startedMs: number, thrown: unknown): void {
    if (this.calls.length >= maxCallsKept) this.calls.shift();
    this.calls.push({
      operation,
      durationMs: Math.max(0, this.clock.nowMs() - startedMs),
      fault: thrown === null ? null : toFaultMessage(thrown),
    });
  }

  async #converse(request: OnvifRequest, deadline: Deadline): Promise<XmlElement> {
    const known = this.#services.get(request.service);
    if (known === undefined) {
      throw new Fault(
        'CAMERA_OPERATION_UNSUPPORTED',
        `${request.operation}: the camera has no ${request.service} service`,
      );
    }
    if (request.open !== true) this.#checkAccess();
    let at: PinnedPath =
      request.at === undefined ? known : pinServiceUrl(request.at, this.endpoint);
    const action = request.action ?? `${namespaces[request.service]}/${request.operation}`;
    for (;;) {
      const proof: AccessProof =
        request.open === true ? { kind: 'none' } : this.#access.proof('POST', at.path);
      const { reply, target }: Followed<XmlBody> = await this.#follow(
        at,
        'POST',
        {
          'content-type': `${contentType}; action="${action}"`,
          ...(proof.kind === 'digest' ? { authorization: proof.authorization } : {}),
        },
        buildEnvelope(
          request.body,
          (request.header ?? '') + (proof.kind === 'username-token' ? this.#usernameToken() : ''),
        ),
        onvifXmlLimits.length,
        deadline,
        xmlReader,
      );
      at = target;
      const outcome = judge(request, reply);
      if (outcome.kind === 'answer') {
        if (request.open !== true) this.#access.accepted();
        return outcome.element;
      }
      // Firmware exists that refuses the unauthenticated with any fault at all: worth one attempt.
      const refused =
        outcome.fault.code === 'CAMERA_AUTH_REFUSED' ||
        (outcome.fault.code === 'CAMERA_FAULT' && this.#access.undecided());
      if (request.open === true || !refused || !this.#access.refused(outcome.challenges)) {
        throw this.#withoutSecrets(outcome.fault);
      }
    }
  }

  async #download(url: string, maxBytes: number, deadline: Deadline): Promise<Buffer> {
    let at = pinServiceUrl(url, this.endpoint);
    this.#checkAccess();
    this.#downloadAccess.check();
    for (;;) {
      const proof = this.#downloadAccess.proof('GET', at.path);
      if (proof.kind === 'username-token') {
        throw new Fault('CAMERA_AUTH_REFUSED', 'The picture asks for a sign-in other than Digest');
      }
      const { reply, target }: Followed<Buffer> = await this.#follow(
        at,
        'GET',
        proof.kind === 'digest' ? { authorization: proof.authorization } : {},
        null,
        maxBytes,
        deadline,
        (_contentType, status) => (status === 200 ? bytesReader() : null),
      );
      at = target;
      const { status, challenges } = reply.head;
      if (status === 200 && reply.body !== null) {
        this.#downloadAccess.accepted();
        return reply.body;
      }
      if (status !== 401 && status !== 403) throw faultOfStatus('GET', status);
      if (!this.#downloadAccess.refused(challenges)) throw refusedByHttp('GET', status);
    }
  }

  /** Sends, and follows one redirect that stays on the camera. */
  async #follow<T>(
    at: PinnedPath,
    method: 'GET' | 'POST',
    headers: Readonly<Record<string, string>>,
    body: string | null,
    maxBodyBytes: number,
    deadline: Deadline,
    reader: (contentType: string | undefined, status: number) => BodyReader<T> | null,
  ): Promise<Followed<T>> {
    let target = at;
    for (let redirects = 0; ; redirects += 1) {
      const reply = await exchange<T>(
        this.clock,
        {
          address: this.endpoint.address,
          port: target.port,
          path: target.path,
          method,
          headers,
          body,
        },
        { deadline, connectTimeoutMs: this.#options.connectTimeoutMs, maxBodyBytes },
        (head) => (isRedirect(head.status) ? null : reader(head.contentType, head.status)),
      );
      if (!isRedirect(reply.head.status)) return { reply, target };
      // A digest proof is bound to the path that it was made for, and is not carried on.
      if (redirects > 0 || headers.authorization !== undefined) {
        throw new Fault('CAMERA_ANSWER_INVALID', 'The camera redirects in circles');
      }
      target = pinRedirect(reply.head.location ?? '', this.endpoint, target);
    }
  }

  #checkAccess(): void {
    this.#access.check();
    if (this.#options.heldBack?.() === true) {
      throw new Fault('CAMERA_AUTH_REFUSED', 'These credentials are held back for this camera');
    }
  }

  #usernameToken(): string {
    const { credentials, randomBytes } = this.#options;
    if (credentials === null) return '';
    const createdMs = this.clock.nowMs() + this.#clockOffsetMs;
    return buildUsernameToken(credentials, randomBytes(16), createdMs);
  }

  /** A camera knows its password and may put it into a reason: it goes into no message. */
  #withoutSecrets(fault: Fault): Fault {
    const { credentials } = this.#options;
    if (credentials === null && fault.code === 'CAMERA_AUTH_REFUSED') {
      return new Fault(fault.code, 'The camera asks for credentials', {
        cause: fault,
        details: fault.details,
      });
    }
    if (credentials === null || credentials.password === '') return fault;
    if (!fault.message.includes(credentials.password)) return fault;
    return new Fault(fault.code, fault.message.replaceAll(credentials.password, '[removed]'), {
      details: fault.details,
    });
  }
}

interface Followed<T> {
  readonly reply: Reply<T>;
  /** Where the reply came from in the end. */
  readonly target: PinnedPath;
}

type SoapOutcome =
  | { readonly kind: 'answer'; readonly element: XmlElement }
  | { readonly kind: 'fault'; readonly challenges: readonly string[]; readonly fault: Fault };

type XmlBody = { readonly kind: 'xml'; readonly root: XmlElement } | { readonly kind: 'other' };

function judge(request: OnvifRequest, reply: Reply<XmlBody>): SoapOutcome {
  const { status, challenges } = reply.head;
  const { operation } = request;
  if (status === 401 || status === 403) {
    return { kind: 'fault', challenges, fault: refusedByHttp(operation, status) };
  }
  if (reply.body?.kind !== 'xml') {
    return { kind: 'fault', challenges, fault: faultOfStatus(operation, status) };
  }
  const answer = readSoapAnswer(reply.body.root);
  if (answer.kind === 'fault') {
    return { kind: 'fault', challenges, fault: toFault(operation, answer.fault) };
  }
  const { element } = answer;
  const known = request.anyNamespace === true || element.uri === namespaces[request.service];
  if (element.local !== `${operation}Response` || !known) {
    throw new Fault('CAMERA_ANSWER_INVALID', `${operation}: the camera answers something else`);
  }
  return { kind: 'answer', element };
}

/** An error page need not be XML; a success must be. */
function xmlReader(type: string | undefined, status: number): BodyReader<XmlBody> | null {
  if (status === 401 || status === 403) return null;
  // Some firmware calls its SOAP faults HTML; a page that is HTML indeed breaks off and tells nothing.
  if (status !== 200 && !/xml|html|plain/i.test(type ?? '')) return null;
  const decoder = createXmlDecoder(type);
  const reader = createXmlReader();
  let broken = false;
  const guard = (run: () => void): void => {
    if (broken) return;
    try {
      run();
    } catch (thrown) {
      const bearable = thrown instanceof Fault && thrown.code === 'CAMERA_ANSWER_INVALID';
      if (status === 200 || !bearable) throw thrown;
      broken = true;
    }
  };
  return {
    write: (bytes) => guard(() => reader.write(decoder.write(bytes))),
    end: () => {
      let root: XmlElement | undefined;
      guard(() => {
        reader.write(decoder.end());
        root = reader.end();
      });
      return root === undefined ? { kind: 'other' } : { kind: 'xml', root };
    },
  };
}

function isRedirect(status: number): boolean {
  return status === 301 || status === 302 || status === 307 || status === 308;
}

function refusedByHttp(operation: string, status: number): Fault {
  return new Fault('CAMERA_AUTH_REFUSED', `${operation}: the camera refuses (HTTP ${status})`, {
    details: { operation, status },
  });
}

function faultOfStatus(operation: string, status: number): Fault {
  const details = { operation, status };
  if (status === 404) {
    return new Fault('CAMERA_ANSWER_INVALID', `${operation}: nothing of ONVIF answers there`, {
      details,
    });
  }
  if (status === 405 || status === 501) {
    return new Fault('CAMERA_OPERATION_UNSUPPORTED', `${operation}: HTTP ${status}`, { details });
  }
  if (status === 400 || status >= 500)
    return new Fault('CAMERA_FAULT', `${operation}: HTTP ${status}`, { details });
  return new Fault('CAMERA_ANSWER_INVALID', `${operation}: HTTP ${status}`, { details });
}
