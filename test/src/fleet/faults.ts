/**
 * What can be ordered to go wrong with a simulated camera. A camera holds a set of faults, at most
 * one of each kind; `timestamp-jump`, `mid-gop-cut`, `session-expiry`, `subscription-lost` and
 * `event` happen once, when they are ordered, and leave the others as they are when ordered alone.
 */
export type CameraFault =
  /** The address refuses connections and resets open ones; discovery stays unanswered. */
  | { readonly kind: 'unplugged' }
  /** The address accepts TCP connections and never answers; open ones fall silent. */
  | { readonly kind: 'blackhole' }
  /** RTSP and RTCP go on, no RTP is sent. */
  | { readonly kind: 'silent' }
  /** From the next key frame the picture is the same for ever, while time goes on. */
  | { readonly kind: 'frozen' }
  /** The camera's password was changed behind our back. */
  | { readonly kind: 'wrong-password'; readonly password?: string }
  | { readonly kind: 'clock-offset'; readonly offsetMs: number }
  /** ONVIF answers drip at this rate. */
  | { readonly kind: 'slow-xml'; readonly bytesPerSecond: number }
  /** ONVIF answers are cut or mangled, with status 200. */
  | { readonly kind: 'garbage-xml' }
  /** ONVIF answers are a well-formed start followed by this much nesting. */
  | { readonly kind: 'huge-xml'; readonly sizeBytes?: number }
  /** Every SETUP is answered with 453 Not Enough Bandwidth. */
  | { readonly kind: 'rtsp-453' }
  /** This share of the RTP packets, from 0 to 1, is lost before it is sent. */
  | { readonly kind: 'packet-loss'; readonly ratio: number }
  /** The RTP timestamps of all streams step by this much, once. */
  | { readonly kind: 'timestamp-jump'; readonly seconds: number }
  /** From the next key frame the stream has another picture size and other parameter sets. */
  | { readonly kind: 'parameter-change' }
  /** RTSP connections are flooded with random bytes. */
  | { readonly kind: 'flood' }
  /** This share of the RTP packets, from 0 to 1, comes up to five places or 25 ms late; over UDP only. */
  | { readonly kind: 'reorder'; readonly ratio: number }
  /** UDP is set up and nothing of it arrives, as behind a firewall. */
  | { readonly kind: 'udp-blocked' }
  /** SETUP over UDP is answered with 461 Unsupported Transport. */
  | { readonly kind: 'no-udp' }
  /** Timestamps of sessions that begin now pass 2^32 after so many seconds. */
  | { readonly kind: 'timestamp-wrap'; readonly inSeconds: number }
  /** The camera forgets its RTSP sessions without a word, once. */
  | { readonly kind: 'session-expiry' }
  /** The TCP connections of all playing sessions are reset in the middle of a GOP, once. */
  | { readonly kind: 'mid-gop-cut' }
  /** Every ONVIF answer comes this much later. */
  | { readonly kind: 'slow-answer'; readonly delayMs: number }
  /** So many wrong passwords in a row lock everybody out, the right password too, for so long. */
  | { readonly kind: 'lock-out'; readonly attempts: number; readonly forMs: number }
  /** The camera forgets its event subscriptions without a word, once. */
  | { readonly kind: 'subscription-lost' }
  /** An event happens, or ends, once. */
  | { readonly kind: 'event'; readonly event: CameraEvent; readonly active: boolean }
  /** What snapshots show: something before the lens, another view, no focus, no light, the night mode. */
  | { readonly kind: 'view-covered' }
  | { readonly kind: 'view-moved' }
  | { readonly kind: 'view-blurred' }
  | { readonly kind: 'view-dark' }
  | { readonly kind: 'view-night' };

export const cameraEvents = ['tamper', 'motion', 'storage-failure', 'digital-input'] as const;
export type CameraEvent = (typeof cameraEvents)[number];

export type FaultKind = CameraFault['kind'];

/** The faults of a camera, by kind. */
export type FaultSet = ReadonlyMap<FaultKind, CameraFault>;

function finiteNumber(source: Record<string, unknown>, name: string): number {
  const value = source[name];
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    throw new TypeError(`the fault ${String(source.kind)} needs a number "${name}"`);
  }
  return value;
}

function parseFault(value: unknown): CameraFault {
  if (typeof value === 'string') return parseFault({ kind: value });
  if (typeof value !== 'object' || value === null) throw new TypeError('a fault is an object');
  const source: Record<string, unknown> = { ...value };
  const kind = source.kind;
  switch (kind) {
    case 'unplugged':
    case 'blackhole':
    case 'silent':
    case 'frozen':
    case 'garbage-xml':
    case 'rtsp-453':
    case 'parameter-change':
    case 'flood':
    case 'mid-gop-cut':
    case 'udp-blocked':
    case 'no-udp':
    case 'session-expiry':
    case 'subscription-lost':
    case 'view-covered':
    case 'view-moved':
    case 'view-blurred':
    case 'view-dark':
    case 'view-night':
      return { kind };
    case 'slow-answer':
      return { kind, delayMs: finiteNumber(source, 'delayMs') };
    case 'lock-out': {
      const attempts = finiteNumber(source, 'attempts');
      if (attempts < 1) throw new TypeError('attempts is 1 or more');
      return { kind, attempts, forMs: finiteNumber(source, 'forMs') };
    }
    case 'event': {
      const event = cameraEvents.find((one) => one === source.event);
      if (event === undefined) throw new TypeError(`event is one of ${cameraEvents.join(', ')}`);
      return { kind, event, active: source.active !== false };
    }
    case 'wrong-password':
      return typeof source.password === 'string' ? { kind, password: source.password } : { kind };
    case 'clock-offset':
      return { kind, offsetMs: finiteNumber(source, 'offsetMs') };
    case 'slow-xml': {
      const bytesPerSecond = finiteNumber(source, 'bytesPerSecond');
      if (bytesPerSecond <= 0) throw new TypeError('bytesPerSecond is above 0');
      return { kind, bytesPerSecond };
    }
    case 'huge-xml':
      return source.sizeBytes === undefined
        ? { kind }
        : { kind, sizeBytes: finiteNumber(source, 'sizeBytes') };
    case 'packet-loss':
    case 'reorder': {
      const ratio = finiteNumber(source, 'ratio');
      if (ratio < 0 || ratio > 1) throw new TypeError('ratio is from 0 to 1');
      return { kind, ratio };
    }
    case 'timestamp-wrap':
      return { kind, inSeconds: finiteNumber(source, 'inSeconds') };
    case 'timestamp-jump':
      return { kind, seconds: finiteNumber(source, 'seconds') };
    default:
      throw new TypeError(`no such fault: ${String(kind)}`);
  }
}

/**
 * Reads the body of a fault order: `null` (no faults), one fault, or a list that is combined. A
 * fault without settings may be its bare name. Throws a TypeError that says what is wrong.
 */
export function parseFaults(value: unknown): CameraFault[] {
  if (value === null || value === undefined) return [];
  return Array.isArray(value) ? value.map(parseFault) : [parseFault(value)];
}
