import type { CameraCredentials, CameraEndpoint } from '@nigehban/domain/camera.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import { type Deadline, startDeadline } from '../onvif/deadline.ts';
import { discoverServices, readClockOffset } from '../onvif/device-operations.ts';
import { createOnvifClient, type OnvifClient } from '../onvif/onvif-client.ts';
import type { CameraPorts } from './gateway-ports.ts';
import type { RefusedCredentials } from './refused-credentials.ts';

/**
 * Clients that already know a camera's clock, services and authentication, so that a key frame or
 * a snapshot costs one or two exchanges instead of five. A client whose work fails is forgotten.
 * Credentials that the camera refused are held back (CAMERA_AUTH_REFUSED) as long as the breaker says.
 */
export interface CameraSessions {
  use<T>(
    endpoint: CameraEndpoint,
    credentials: CameraCredentials | null,
    work: (client: OnvifClient, deadline: Deadline) => Promise<T>,
  ): Promise<T>;
}

/** How many clients are kept, and for how long. */
export interface SessionLimits {
  readonly maxSessions: number;
  readonly keepMs: number;
}

const defaultLimits: SessionLimits = { maxSessions: 4_096, keepMs: 5 * 60_000 };
const workTimeoutMs = 8_000;
const connectTimeoutMs = 3_000;

interface Session {
  readonly client: OnvifClient;
  readonly credentials: CameraCredentials | null;
  readonly ready: Promise<void>;
  readonly madeAtMs: number;
}

export function createCameraSessions(
  ports: Pick<CameraPorts, 'clock' | 'randomBytes' | 'signal'>,
  refused: RefusedCredentials,
  limits: SessionLimits = defaultLimits,
): CameraSessions {
  const { clock, randomBytes } = ports;
  const sessions = new Map<string, Session>();

  const open = (
    key: string,
    endpoint: CameraEndpoint,
    credentials: CameraCredentials | null,
    deadline: Deadline,
  ): Session => {
    const client = createOnvifClient({
      endpoint,
      credentials,
      clock,
      randomBytes,
      connectTimeoutMs,
      heldBack: () => credentials !== null && refused.has(endpoint, credentials),
    });
    const session: Session = {
      client,
      credentials,
      ready: prepare(client, deadline),
      madeAtMs: clock.nowMs(),
    };
    sessions.delete(key);
    sessions.set(key, session);
    const [oldest] = sessions.keys();
    if (sessions.size > limits.maxSessions && oldest !== undefined) sessions.delete(oldest);
    return session;
  };

  return {
    async use(endpoint, credentials, work) {
      if (credentials !== null && refused.has(endpoint, credentials)) throw heldBack();
      const key = `${endpoint.address} ${endpoint.onvifPort}`;
      const deadline = startDeadline(clock, workTimeoutMs, ports.signal);
      const known = sessions.get(key);
      const fresh =
        known !== undefined &&
        clock.nowMs() - known.madeAtMs < limits.keepMs &&
        known.credentials?.username === credentials?.username &&
        known.credentials?.password === credentials?.password;
      const session = fresh ? known : open(key, endpoint, credentials, deadline);
      try {
        await session.ready;
        return await work(session.client, deadline);
      } catch (thrown) {
        if (sessions.get(key) === session) sessions.delete(key);
        if (session.client.credentialsRefused() && credentials !== null) {
          refused.add(endpoint, credentials);
        }
        throw thrown;
      }
    },
  };
}

function heldBack(): Fault {
  return new Fault(
    'CAMERA_AUTH_REFUSED',
    'The camera refused this user name and password before; not tried again yet',
  );
}

async function prepare(client: OnvifClient, deadline: Deadline): Promise<void> {
  await readClockOffset(client, deadline);
  await discoverServices(client, deadline);
}
