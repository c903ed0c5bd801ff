/** Surrogate key of a camera asset; footage belongs to the asset. */
export type CameraId = number;

/** What a camera looks at. BOOTH, COUNT_TABLE and QUEUE are inside the polling station. */
export const placements = [
  'ENTRANCE',
  'REAR',
  'QUEUE',
  'BOOTH',
  'COUNT_TABLE',
  'RO_OFFICE',
  'STRONGROOM',
] as const;
export type Placement = (typeof placements)[number];

export function isPlacement(value: unknown): value is Placement {
  return typeof value === 'string' && (placements as readonly string[]).includes(value);
}

export type StreamQuality = 'main' | 'sub';

/** One ONVIF media profile's stream as registration found it. */
export interface CameraStream {
  readonly quality: StreamQuality;
  readonly profileToken: string;
  /** rtsp:// URL on the camera's registered address, without user info. */
  readonly url: string;
  readonly codec: 'H264' | 'H265' | 'JPEG';
  readonly widthPx: number;
  readonly heightPx: number;
  readonly frameRateFps: number | null;
}

/** Who a camera is: what it says of itself by ONVIF (Device Management, GetDeviceInformation). */
export interface CameraIdentity {
  readonly manufacturer: string;
  readonly model: string;
  readonly firmware: string;
  readonly serial: string | null;
  /** Lower case, colon separated. */
  readonly mac: string | null;
}

export interface CameraCredentials {
  readonly username: string;
  readonly password: string;
}

/** Where a camera's ONVIF device service is. The host is pinned: no answer leads elsewhere. */
export interface CameraEndpoint {
  /** IPv4 address or host name as registered. */
  readonly address: string;
  readonly onvifPort: number;
}

/** `AA-BB-…`, `AABB…` or `aa:bb:…` as `aa:bb:cc:dd:ee:ff`; null when it is not a MAC address. */
export function normalizeMac(text: string): string | null {
  const hex = text.replace(/[^0-9a-fA-F]/g, '').toLowerCase();
  if (hex.length !== 12 || /[^0-9a-fA-F:.\-\s]/.test(text)) return null;
  return hex.match(/../g)?.join(':') ?? null;
}
