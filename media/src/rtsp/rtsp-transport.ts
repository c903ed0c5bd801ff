import { isIP } from 'node:net';
import { MediaError } from '../media-error.ts';
import { headerOf, type RtspResponse } from './rtsp-message.ts';

/** What an answer to SETUP assigned (RFC 2326 §12.39). */
export type AssignedTransport =
  | { readonly kind: 'tcp'; readonly rtpChannel: number; readonly rtcpChannel: number }
  | {
      readonly kind: 'udp';
      readonly rtpPort: number | undefined;
      readonly rtcpPort: number | undefined;
      /** Where packets come from when it is not the server itself. */
      readonly source: string | undefined;
    };

/**
 * The transport that the server assigned; undefined when it names none, or names the one that was
 * `asked` without its numbers, which leaves those that were asked for. Throws MediaError
 * PROTOCOL_VIOLATION when it assigned something else than was asked.
 */
export function readTransport(
  response: RtspResponse,
  asked: 'tcp' | 'udp',
): AssignedTransport | undefined {
  const transport = headerOf(response, 'transport');
  if (transport === undefined) return undefined;
  if (/^RTP\/AVPF?\/TCP\b/i.test(transport)) return readInterleaved(transport);
  const isUdp = /^RTP\/AVPF?(?:\/UDP)?\s*(?:;|$)/i.test(transport);
  if (asked === 'tcp' || !isUdp || /;\s*multicast\b/i.test(transport)) {
    throw new MediaError('PROTOCOL_VIOLATION', 'the server assigned another transport');
  }
  const ports = /;\s*server_port\s*=\s*(\d{1,5})(?:\s*-\s*(\d{1,5}))?/i.exec(transport);
  const source = /;\s*source\s*=\s*"?\[?([\w.:-]{1,255})\]?"?/i.exec(transport)?.[1];
  const rtpPort = portOf(ports?.[1]);
  return {
    kind: 'udp',
    rtpPort,
    rtcpPort: portOf(ports?.[2]) ?? portOf(rtpPort === undefined ? undefined : `${rtpPort + 1}`),
    source: source !== undefined && isIP(source) !== 0 ? source : undefined,
  };
}

function readInterleaved(transport: string): AssignedTransport | undefined {
  const match = /;\s*interleaved\s*=\s*(\d{1,3})(?:\s*-\s*(\d{1,3}))?/i.exec(transport);
  if (match === null) return undefined;
  const rtpChannel = Number(match[1]);
  const rtcpChannel = match[2] === undefined ? rtpChannel + 1 : Number(match[2]);
  if (rtpChannel > 255 || rtcpChannel > 255 || rtpChannel === rtcpChannel) {
    throw new MediaError('PROTOCOL_VIOLATION', 'impossible interleaved channels');
  }
  return { kind: 'tcp', rtpChannel, rtcpChannel };
}

/** Port 0 is how some cameras leave it open. */
function portOf(text: string | undefined): number | undefined {
  const port = Number(text ?? 0);
  return port > 0 && port < 0x1_0000 ? port : undefined;
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
