import type { AddressInfo } from 'node:net';
import type { DiscoveryBody, DiscoveryView, PlanReport } from '@nigehban/domain/api/http-types.ts';
import type { CameraCredentials } from '@nigehban/domain/camera.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import type { Role } from '@nigehban/domain/permissions.ts';
import { buildServer } from './build-server.ts';
import type { DeclaredRoute } from './http/access.ts';
import type { ServerPorts, ServerSettings } from './server-settings.ts';
import { databaseAnswers, openDatabase, type Sql, toDatabaseFault } from './store/database.ts';
import { migrate } from './store/migrate.ts';
import { addDistrictsOf } from './use-cases/import-districts.ts';
import { importPlan } from './use-cases/import-plan.ts';
import { type SeededPerson, seedPerson } from './use-cases/seed-person.ts';
import { ensureFirstUsers, type FirstUser } from './use-cases/sign-in.ts';
import { takeInFound } from './use-cases/take-in-found.ts';

/** The server, serving. */
export interface RunningServer {
  /** Where it is reached on this machine, as `http://127.0.0.1:8080`. */
  readonly url: string;
  /** Creates the first users of an empty database; returns their passwords this once. */
  ensureFirstUsers(passwordFor?: (role: Role) => string): Promise<readonly FirstUser[]>;
  /** Adds a person of an exercise, or gives that person this password. */
  seedPerson(person: SeededPerson): Promise<void>;
  /** Loads a plan as the command line does it. @throws Fault PLAN_INVALID */
  importPlan(text: string): Promise<PlanReport>;
  /** Finds and binds cameras as the command line does it. @throws Fault GATEWAY_UNAVAILABLE */
  discover(
    request: DiscoveryBody & { readonly credentials?: CameraCredentials },
  ): Promise<DiscoveryView>;
  /** Takes what {@link discover} found without a plan into provisional stations; null when nothing. */
  takeInFound(
    found: DiscoveryView,
    credentials: CameraCredentials | null,
  ): Promise<PlanReport | null>;
  /** Every HTTP route with the access that it declares. */
  readonly routes: readonly DeclaredRoute[];
  /** Stops in order: no new requests, links and browsers closed, queue, database. Loses nothing. */
  stop(): Promise<void>;
}

const databaseWithinMs = 60_000;

/**
 * Applies migrations, then serves. Waits up to a minute for PostgreSQL; Redis may come later.
 * @throws Fault DATABASE_UNAVAILABLE, MIGRATION_MISMATCH, PORT_TAKEN
 */
export async function startServer(
  settings: ServerSettings,
  ports: ServerPorts,
): Promise<RunningServer> {
  const { clock, log } = ports;
  const sql = openDatabase(settings.databaseUrl);
  try {
    await waitForDatabase(sql, ports);
    const applied = await migrate(sql);
    if (applied.length > 0) log.info({ migrations: applied }, 'migrations applied');
    if (settings.districtsFile !== undefined) await addDistrictsOf(sql, settings.districtsFile);
  } catch (error) {
    await sql.end({ timeout: 1 });
    throw toDatabaseFault(error);
  }
  const parts = await buildServer(sql, settings, ports);
  try {
    await parts.app.listen({ host: settings.host, port: settings.port });
  } catch (cause) {
    await parts.stop();
    const taken = cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE';
    if (!taken) throw cause;
    throw new Fault('PORT_TAKEN', `Port ${settings.port} is taken by another program`, { cause });
  }
  const { port } = parts.app.server.address() as AddressInfo;
  const anyAddress = settings.host === '0.0.0.0' || settings.host === '::';
  const url = `http://${anyAddress ? '127.0.0.1' : settings.host}:${port}`;
  log.info({ url }, 'the server serves');
  return {
    url,
    routes: parts.declared,
    ensureFirstUsers: (passwordFor) => ensureFirstUsers(sql, passwordFor),
    seedPerson: (person) => seedPerson(sql, person),
    importPlan: (text) =>
      importPlan(sql, settings.secretKey, { text, actor: null, address: null }, clock.nowMs()),
    discover: parts.registration.discover,
    takeInFound: (found, credentials) =>
      takeInFound(sql, settings.secretKey, found, credentials, clock.nowMs()),
    stop: parts.stop,
  };
}

async function waitForDatabase(sql: Sql, { clock, log }: ServerPorts): Promise<void> {
  const untilMs = clock.nowMs() + databaseWithinMs;
  for (let told = false; !(await databaseAnswers(sql, 6_000)); told = true) {
    if (clock.nowMs() >= untilMs) {
      throw new Fault('DATABASE_UNAVAILABLE', 'PostgreSQL does not answer');
    }
    if (!told) log.warn('waiting for PostgreSQL');
    await new Promise<void>((resolve) => clock.after(500, resolve));
  }
}
