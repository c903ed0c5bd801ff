import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { Logger } from '@nigehban/config/log/logger.ts';
import type { SecretKey } from '@nigehban/config/secrets/key-ring.ts';
import type { CameraId } from '@nigehban/domain/camera.ts';
import type { NodeFact } from '@nigehban/domain/link-messages.ts';
import type { App } from '../http/app-type.ts';
import { addDiscoveryRoutes } from '../http/routes/discovery-routes.ts';
import type { RequestGateway } from '../link/node-requests.ts';
import type { Sql } from '../store/database.ts';
import type { CameraDirectory } from '../use-cases/camera-directory.ts';
import {
  type CredentialBreaker,
  createCredentialBreaker,
} from '../use-cases/credential-breaker.ts';
import { createEnroller } from '../use-cases/enrol-camera.ts';
import { createQuarantine, type Quarantine } from '../use-cases/quarantine-cameras.ts';
import { type Registration, startRegistration } from '../use-cases/register-cameras.ts';
import { createRegistrationWriter } from '../use-cases/registration-writer.ts';
import { type DiscoveryRuns, startDiscoveryRuns } from '../use-cases/run-discovery.ts';
import { createRegistrationShares } from '../use-cases/share-registrations.ts';
import { startIdentityKeeper } from '../use-cases/verify-identity.ts';

export interface DiscoveryParts {
  readonly registration: Registration;
  readonly breaker: CredentialBreaker;
  readonly runs: DiscoveryRuns;
  readonly quarantine: Quarantine;
  /** Asks a camera now who it is, and puts right what is wrong. */
  verify(cameraId: CameraId): Promise<void>;
  /** A gateway linked, or the plan was loaded: what waited for it goes on. */
  wake(): void;
  facts(facts: readonly NodeFact[]): void;
  addRoutes(app: App): void;
  stop(): Promise<void>;
}

/** What streams say of their cameras' passwords. */
function noteLogins(
  facts: readonly NodeFact[],
  directory: CameraDirectory,
  breaker: CredentialBreaker,
): void {
  for (const fact of facts) {
    const isRefusal = fact.kind === 'stream-down' && fact.fault === 'CAMERA_AUTH_REFUSED';
    if (!isRefusal && fact.kind !== 'stream-flowing') continue;
    const entry = directory.find(fact.cameraId);
    const stream = entry?.asset.streams.find(({ quality }) => quality === fact.quality);
    if (entry?.credentials == null || stream === undefined) continue;
    const { endpoint, credentials } = entry;
    if (fact.kind === 'stream-flowing') breaker.streamAccepted(stream.url, credentials);
    else if (endpoint !== null) {
      breaker.streamRefused(stream.url, endpoint, credentials, fact.atMs);
    }
  }
}

const identityRoundMs = 6 * 3_600_000;

/** How cameras are found, bound to the plan, and kept bound to the right one. */
export async function startDiscoveryParts(options: {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly log: Logger;
  readonly secretKey: SecretKey;
  readonly directory: CameraDirectory;
  readonly requestGateway: RequestGateway;
  readonly gateways: () => number;
  readonly serverId: string;
  /** Other server processes that have a gateway. */
  readonly gatewayServers: () => readonly string[];
  readonly retryMs: number;
  readonly answersForMs?: number;
}): Promise<DiscoveryParts> {
  const { sql, clock, log, secretKey, directory, requestGateway, gateways } = options;
  const breaker = await createCredentialBreaker(sql, secretKey, clock, log);
  const writer = createRegistrationWriter(sql, clock);
  const enroller = createEnroller({
    ...{ sql, clock, log, secretKey, directory, breaker, writer, requestGateway, gateways },
  });
  const { serverId, gatewayServers: others } = options;
  const shares = createRegistrationShares({ clock, serverId, others });
  const registration = startRegistration({ ...options, breaker, enroller, shares });
  const runs = startDiscoveryRuns({
    ...{ sql, clock, log, secretKey, registration, enroller, requestGateway },
    ...(options.answersForMs === undefined ? {} : { answersForMs: options.answersForMs }),
    camerasAt: (address) => directory.at(address),
  });
  const identities = startIdentityKeeper({
    ...{ sql, clock, log, directory, breaker, enroller, requestGateway, gateways },
    roundMs: identityRoundMs,
  });
  const quarantine = createQuarantine({ sql, clock, secretKey, directory, enroller });
  return {
    registration,
    breaker,
    runs,
    quarantine,
    verify: identities.verify,
    wake() {
      registration.wake();
      runs.wake();
    },
    facts(facts) {
      noteLogins(facts, directory, breaker);
      identities.facts(facts);
    },
    addRoutes: (app) => addDiscoveryRoutes(app, { runs, quarantine }),
    async stop() {
      await registration.stop();
      await runs.stop();
      await identities.stop();
      await writer.stop();
      await breaker.settled();
    },
  };
}
