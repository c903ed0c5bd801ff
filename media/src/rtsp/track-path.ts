import type { RtspConnection } from './rtsp-connection.ts';
import { isSuccess, type RtspDialogue, refusalOf } from './rtsp-dialogue.ts';
import type { RtspResponse } from './rtsp-message.ts';
import { readTransport } from './rtsp-transport.ts';
import type { UdpPair } from './udp-pair.ts';

/** How the packets of a set-up track travel. */
export type TrackPath =
  | { readonly kind: 'tcp'; readonly rtpChannel: number; readonly rtcpChannel: number }
  | { readonly kind: 'udp'; readonly pair: UdpPair };

export interface SetUpRequest {
  readonly uri: string;
  readonly headers: readonly (readonly [string, string])[];
  /** The channels to ask for are twice this and the next. */
  readonly index: number;
  readonly transport: 'tcp' | 'udp';
  /** Whether the other transport may be tried when the server does not know this one (461). */
  readonly mayChange: boolean;
  readonly openPair: () => Promise<UdpPair>;
}

const UNSUPPORTED_TRANSPORT = 461;

/**
 * SETUP of one track (RFC 2326 §10.4) with the transport that the server knows. Rejects with
 * MediaError; a pair of sockets that came to nothing is closed.
 */
export async function setUpTransport(
  dialogue: RtspDialogue,
  request: SetUpRequest,
): Promise<{ readonly response: RtspResponse; readonly path: TrackPath }> {
  const { index, mayChange, transport } = request;
  const pair = transport === 'udp' ? await request.openPair() : undefined;
  try {
    const asked =
      pair === undefined
        ? `RTP/AVP/TCP;unicast;interleaved=${index * 2}-${index * 2 + 1}`
        : `RTP/AVP;unicast;client_port=${pair.rtpPort}-${pair.rtpPort + 1}`;
    const response = await dialogue.exchange('SETUP', request.uri, [
      ['Transport', asked],
      ...request.headers,
    ]);
    if (response.statusCode === UNSUPPORTED_TRANSPORT && mayChange) {
      const other = transport === 'udp' ? 'tcp' : 'udp';
      void pair?.close();
      return await setUpTransport(dialogue, { ...request, transport: other, mayChange: false });
    }
    if (!isSuccess(response)) throw refusalOf(response, 'SETUP');
    return { response, path: pathOf(response, index, pair, dialogue.connection) };
  } catch (cause) {
    void pair?.close();
    throw cause;
  }
}

function pathOf(
  response: RtspResponse,
  index: number,
  pair: UdpPair | undefined,
  connection: RtspConnection,
): TrackPath {
  const assigned = readTransport(response, pair === undefined ? 'tcp' : 'udp');
  if (assigned?.kind === 'tcp') {
    // Some servers interleave whatever was asked for.
    void pair?.close();
    return assigned;
  }
  if (pair === undefined) return { kind: 'tcp', rtpChannel: index * 2, rtcpChannel: index * 2 + 1 };
  const address = connection.addresses?.remote ?? '';
  const { rtpPort, rtcpPort, source } = assigned ?? {};
  pair.accept({ address, source, rtpPort, rtcpPort });
  return { kind: 'udp', pair };
}
