import type { CameraTarget } from '@nigehban/domain/camera-tools.ts';
import { startDeadline } from '../onvif/deadline.ts';
import { getDeviceInformation, readClockOffset } from '../onvif/device-operations.ts';
import { createOnvifClient } from '../onvif/onvif-client.ts';
import type { CameraPorts } from '../probe/gateway-ports.ts';

const tryTimeoutMs = 8_000;
const connectTimeoutMs = 3_000;

/**
 * One attempt with these credentials: GetDeviceInformation, which cameras give to nobody else
 * (ONVIF Core §5.9.4.3, READ_SYSTEM). @throws Fault CAMERA_AUTH_REFUSED, CAMERA_…
 */
export async function tryCredentials(
  { endpoint, credentials }: CameraTarget,
  ports: Pick<CameraPorts, 'clock' | 'randomBytes' | 'signal'>,
): Promise<void> {
  const { clock, randomBytes } = ports;
  const deadline = startDeadline(clock, tryTimeoutMs, ports.signal);
  const client = createOnvifClient({ endpoint, credentials, clock, randomBytes, connectTimeoutMs });
  await readClockOffset(client, deadline);
  await getDeviceInformation(client, deadline);
}
