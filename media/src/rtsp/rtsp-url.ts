import { MediaError } from '../media-error.ts';

export interface RtspAddress {
  /** Host to dial, IPv6 without brackets, lower case. */
  readonly host: string;
  readonly port: number;
  /** The URL as request URI: without user info. */
  readonly uri: string;
}

const DEFAULT_PORT = 554;

/**
 * Parses an rtsp:// URL (RFC 2326 §3.2), dropping user info. Throws MediaError PROTOCOL_VIOLATION
 * for anything else, rtsps:// included; the message never repeats the URL.
 */
export function parseRtspUrl(text: string): RtspAddress {
  const url = URL.parse(text);
  if (url === null || url.protocol !== 'rtsp:' || url.hostname === '') {
    throw new MediaError('PROTOCOL_VIOLATION', 'not an rtsp:// URL with a host');
  }
  url.username = '';
  url.password = '';
  url.hash = '';
  const port = url.port === '' ? DEFAULT_PORT : Number(url.port);
  if (port === 0) throw new MediaError('PROTOCOL_VIOLATION', 'port 0 cannot be dialled');
  const host = url.hostname.toLowerCase().replace(/^\[(.*)\]$/, '$1');
  return { host, port, uri: url.href };
}

/**
 * The URI of a track or of the whole presentation from its `a=control` attribute (RFC 2326 §C.1.1).
 * A relative control is appended to the base after a slash, as every common server expects, not
 * resolved by RFC 3986, which would drop the last path segment.
 */
export function resolveControl(base: string, control: string | undefined): string {
  if (control === undefined || control === '' || control === '*') return base;
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(control)) return control;
  if (control.startsWith('/')) {
    const root = /^[a-z]+:\/\/[^/?#]*/i.exec(base)?.[0] ?? '';
    return root + control;
  }
  return base.endsWith('/') ? base + control : `${base}/${control}`;
}

/**
 * Where a redirect leads (RFC 2326 §11.3), which must be the host that was configured: a camera
 * must not send the node, with its credentials, to another machine. Throws MediaError
 * REDIRECT_REFUSED.
 */
export function followRedirect(from: RtspAddress, location: string | undefined): RtspAddress {
  let target: RtspAddress;
  try {
    target = parseRtspUrl(location ?? '');
  } catch (cause) {
    throw new MediaError('REDIRECT_REFUSED', 'redirected to no rtsp:// URL', { cause });
  }
  if (target.host !== from.host) {
    throw new MediaError('REDIRECT_REFUSED', `redirected from ${from.host} to another host`);
  }
  return target;
}
