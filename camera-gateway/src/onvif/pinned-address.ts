import { isIPv6 } from 'node:net';
import type { CameraEndpoint } from '@nigehban/domain/camera.ts';
import { Fault } from '@nigehban/domain/faults.ts';

/** Where on the registered address a service is. */
export interface PinnedPath {
  readonly port: number;
  /** With query, beginning with `/`. */
  readonly path: string;
}

const maxUrlLength = 1024;

/**
 * Keeps of a service URL (XAddr, snapshot URI) what may be followed. The host is always the
 * registered one. The URL's port counts only when the URL names the registered host: a camera
 * behind address translation names its inner port, which is somebody else's from outside.
 * Throws CAMERA_ANSWER_INVALID for what is no URL, CAMERA_ADDRESS_REFUSED for another scheme.
 */
export function pinServiceUrl(text: string, endpoint: CameraEndpoint): PinnedPath {
  const url = parseHttpUrl(text);
  const own = url.protocol === 'http:' && sameHost(url.hostname, endpoint.address);
  return {
    port: own ? portOf(url) : endpoint.onvifPort,
    path: `${url.pathname}${url.search}`,
  };
}

/**
 * Where a redirect leads, when it stays on the registered host by http; CAMERA_ADDRESS_REFUSED
 * when it leads elsewhere. `from` is the request that was redirected.
 */
export function pinRedirect(
  location: string,
  endpoint: CameraEndpoint,
  from: PinnedPath,
): PinnedPath {
  const base = `http://${urlHost(endpoint.address)}:${from.port}${from.path}`;
  if (location.length > maxUrlLength || !URL.canParse(location, base)) {
    throw new Fault('CAMERA_ANSWER_INVALID', 'The camera redirects to what is no URL');
  }
  const url = new URL(location, base);
  if (url.protocol !== 'http:' || !sameHost(url.hostname, endpoint.address)) {
    throw new Fault('CAMERA_ADDRESS_REFUSED', 'The camera redirects to an address not its own');
  }
  return { port: portOf(url), path: `${url.pathname}${url.search}` };
}

/**
 * The stream's URL on the registered address: port, path and query are the camera's, host is ours,
 * user info is dropped. Throws CAMERA_STREAM_INVALID for what is no rtsp URL.
 */
export function pinStreamUrl(text: string, endpoint: CameraEndpoint): string {
  const parts = /^rtsp:\/\/([^/?#]*)([/?][^#]*)?(?:#.*)?$/i.exec(text);
  if (parts === null || text.length > maxUrlLength) {
    throw new Fault('CAMERA_STREAM_INVALID', 'The camera gives no rtsp URL for its stream');
  }
  const authority = parts[1] ?? '';
  const rest = parts[2] ?? '/';
  const hostAndPort = authority.slice(authority.lastIndexOf('@') + 1);
  const port = /:(\d{1,5})$/.exec(hostAndPort)?.[1];
  if (!/^[\x21-\x7e]*$/.test(rest) || (port !== undefined && !isPort(Number(port)))) {
    throw new Fault('CAMERA_STREAM_INVALID', "The camera's stream URL is malformed");
  }
  const path = rest.startsWith('/') ? rest : `/${rest}`;
  return `rtsp://${urlHost(endpoint.address)}${port === undefined ? '' : `:${port}`}${path}`;
}

/** Host and port of an rtsp URL as of {@link pinStreamUrl}; null when it is none. */
export function streamAuthority(url: string): { host: string; port: number } | null {
  const parts = /^rtsp:\/\/(?:[^/?#@]*@)?(\[[^\]]*\]|[^/?#:@]*)(?::(\d{1,5}))?(?:[/?#]|$)/i.exec(
    url,
  );
  if (parts === null) return null;
  const port = parts[2] === undefined ? 554 : Number(parts[2]);
  return isPort(port) ? { host: (parts[1] ?? '').replace(/^\[|\]$/g, ''), port } : null;
}

/** Whether a URL's host name is the registered address. */
export function sameHost(hostname: string, address: string): boolean {
  return hostname.replace(/^\[|\]$/g, '').toLowerCase() === address.toLowerCase();
}

function parseHttpUrl(text: string): URL {
  if (text.length > maxUrlLength || !URL.canParse(text)) {
    throw new Fault('CAMERA_ANSWER_INVALID', 'The camera names a service by what is no URL');
  }
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new Fault('CAMERA_ADDRESS_REFUSED', 'The camera names a service that is not http');
  }
  return url;
}

function portOf(url: URL): number {
  return url.port === '' ? 80 : Number(url.port);
}

function isPort(port: number): boolean {
  return port >= 1 && port <= 65_535;
}

function urlHost(address: string): string {
  return isIPv6(address) ? `[${address}]` : address;
}
