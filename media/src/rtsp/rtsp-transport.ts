import { MediaError } from '../media-error.ts';
import { headerOf, type RtspResponse } from './rtsp-message.ts';

/**
 * The interleaved channels that the server assigned (RFC 2326 §12.39); undefined when it names none,
 * which leaves those that were asked for. Throws MediaError PROTOCOL_VIOLATION when it assigned
 * another transport.
 */
export function readTransport(
  response: RtspResponse,
): { readonly rtp: number; readonly rtcp: number } | undefined {
  const transport = headerOf(response, 'transport');
  if (transport === undefined) return undefined;
  if (!/^RTP\/AVPF?\/TCP\b/i.test(transport)) {
    throw new MediaError('PROTOCOL_VIOLATION', 'the server assigned no interleaved transport');
  }
  const match = /;\s*interleaved\s*=\s*(\d{1,3})(?:\s*-\s*(\d{1,3}))?/i.exec(transport);
  if (match === null) return undefined;
  const rtp = Number(match[1]);
  const rtcp = match[2] === undefined ? rtp + 1 : Number(match[2]);
  if (rtp > 255 || rtcp > 255 || rtp === rtcp) {
    throw new MediaError('PROTOCOL_VIOLATION', 'impossible interleaved channels');
  }
  return { rtp, rtcp };
}

/**
 * Session id and time-out in seconds of an answer to SETUP (RFC 2326 §12.37); undefined without an
 * id, `timeoutS` undefined where the server leaves it to the default of 60.
 */
export function readSession(
  response: RtspResponse,
): { readonly id: string; readonly timeoutS: number | undefined } | undefined {
  const value = headerOf(response, 'session');
  const match = value === undefined ? null : /^([^;\s]{1,256})(.*)$/.exec(value);
  if (match === null) return undefined;
  const timeout = /;\s*timeout\s*=\s*(\d{1,6})/i.exec(match[2] ?? '');
  const timeoutS = timeout === null ? 0 : Number(timeout[1]);
  return { id: match[1] ?? '', timeoutS: timeoutS > 0 ? timeoutS : undefined };
}
