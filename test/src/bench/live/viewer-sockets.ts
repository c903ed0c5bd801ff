import { createSocket } from 'node:dgram';
import type { ViewerCount, ViewerSocketsRequest } from './viewer-sockets-protocol.ts';

/**
 * Child process: one UDP socket for each viewer, counting what arrives by RTP sequence numbers, which
 * SRTP leaves in clear (RFC 3711 §3.1).
 */
interface Viewer {
  readonly port: number;
  received: number;
  /** From the first to the highest sequence number, both included. */
  expected: number;
  highest: number | undefined;
}

const viewers: Viewer[] = [];

async function open(payloadType: number): Promise<Viewer> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const viewer: Viewer = {
    port: socket.address().port,
    received: 0,
    expected: 0,
    highest: undefined,
  };
  socket.on('message', (packet) => {
    // The marker bit aside; RTCP's types do not fall on a video's.
    if ((packet.readUInt8(1) & 0x7f) !== payloadType) return;
    const sequence = packet.readUInt16BE(2);
    viewer.received += 1;
    // A sender that moves to another processor may overtake itself.
    const step = viewer.highest === undefined ? 1 : ((sequence - viewer.highest) << 16) >> 16;
    if (step <= 0) return;
    viewer.expected += step;
    viewer.highest = sequence;
  });
  return viewer;
}

process.on('message', async (request: ViewerSocketsRequest) => {
  if (request.kind === 'open') {
    const opened: Viewer[] = [];
    for (let each = 0; each < request.count; each += 1) {
      opened.push(await open(request.payloadType));
    }
    viewers.push(...opened);
    process.send?.(opened.map((viewer) => viewer.port));
    return;
  }
  const counts: ViewerCount[] = viewers.map(({ received, expected }) => ({
    received,
    lost: expected - received,
  }));
  process.send?.(counts);
});
process.on('disconnect', () => process.exit());
