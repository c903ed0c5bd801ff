import { connect } from 'node:net';
import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { CameraToolMethods } from '@nigehban/domain/camera-tools.ts';
import { Fault, toFaultMessage } from '@nigehban/domain/faults.ts';

type PingResult = CameraToolMethods['gateway.ping'][1];

const connectWithinMs = 4_000;

/**
 * How long a TCP connection to the camera's ports takes. ICMP is no measure of a camera: routers
 * answer for it or drop it.
 */
export async function pingCamera(
  params: CameraToolMethods['gateway.ping'][0],
  clock: Clock,
  signal?: AbortSignal,
): Promise<PingResult> {
  const { endpoint, rtspPort } = params;
  const ports = [...new Set([endpoint.onvifPort, ...(rtspPort === null ? [] : [rtspPort])])];
  return {
    ports: await Promise.all(ports.map((port) => ping(endpoint.address, port, clock, signal))),
  };
}

function ping(
  address: string,
  port: number,
  clock: Clock,
  signal: AbortSignal | undefined,
): Promise<PingResult['ports'][number]> {
  return new Promise((resolve) => {
    const startedMs = performance.now();
    const socket = connect({ host: address, port });
    const end = (connectMs: number | null, fault: Fault | null) => {
      cancel();
      signal?.removeEventListener('abort', abandon);
      socket.destroy();
      resolve({ port, connectMs, fault: fault === null ? null : toFaultMessage(fault) });
    };
    const where = `${address}:${port}`;
    const cancel = clock.after(connectWithinMs, () =>
      end(null, new Fault('CAMERA_UNREACHABLE', `${where}: no connection in time`)),
    );
    const abandon = () =>
      end(null, new Fault('GATEWAY_UNAVAILABLE', 'The camera gateway is stopping'));
    signal?.addEventListener('abort', abandon);
    socket.once('connect', () => end(Math.round((performance.now() - startedMs) * 10) / 10, null));
    socket.once('error', (error: NodeJS.ErrnoException) => {
      const reason =
        error.code === 'ECONNREFUSED' ? 'connection refused' : (error.code ?? 'failed');
      end(null, new Fault('CAMERA_UNREACHABLE', `${where}: ${reason}`));
    });
  });
}
