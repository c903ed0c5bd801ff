import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import type { Logger } from '@nigehban/config/log/logger.ts';
import type { Settings } from '@nigehban/config/settings/settings.ts';
import type { CameraCredentials } from '@nigehban/domain/camera.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import type { RunningServer } from '@nigehban/server/start-server.ts';
import type { Command } from '../cli-arguments.ts';
import { provideDatabases } from '../databases.ts';
import { startViewApproval } from '../exercise/approve-views.ts';
import { startExerciseFleet } from '../exercise/exercise-fleet.ts';
import { startGatewayNode } from '../gateway-node.ts';
import { startMediaNode } from '../media-node/media-node.ts';
import { secretsOf } from '../secrets-of-node.ts';
import { firstPasswordsFile, startServerNode } from '../server-node.ts';
import { createStoppables, type Stoppable } from '../stoppables.ts';
import { version } from '../version.ts';

type RunAll = Extract<Command, { kind: 'all' }>;

/** Every role in this process, on databases of its own unless set otherwise. */
export async function runAll(
  command: RunAll,
  settings: Settings,
  log: Logger,
  say: (line: string) => void,
): Promise<Stoppable> {
  await requireFreePort(settings.host, settings.port, 'NIGEHBAN_PORT');
  // Read first: a wrong file name must not cost the start of two databases.
  const plan = command.plan === undefined ? undefined : readPlan(command.plan);
  const parts = createStoppables();
  try {
    const secrets = secretsOf(settings);
    const isExercise = plan === undefined && command.discover.length === 0 && !command.multicast;
    const starting = isExercise ? startExerciseFleet(say).then((one) => parts.add(one)) : undefined;
    // Awaited below; should the databases fail first, this failure is not left unhandled.
    starting?.catch(() => {});
    const databases = await provideDatabases(settings, log, parts, say);
    const fleet = await starting;
    say('starting the server');
    const server = parts.add(await startServerNode({ settings, ...databases, ...secrets, log }));
    say('starting the camera gateway and the media node');
    parts.add(await startGatewayNode({ settings, ...databases, ...secrets, log, version }));
    parts.add(await startMediaNode({ settings, ...databases, ...secrets, log, version }));

    const csv = plan ?? fleet?.planCsv;
    if (csv !== undefined) await loadPlan(server, csv, say);
    if (fleet !== undefined && settings.viewApproval === 'required') {
      parts.add(await startViewApproval(server, say));
    }
    if (command.discover.length > 0 || command.multicast) {
      void discover(server, command, say);
    }
    tellWhereToGo(server.url, settings, fleet?.controlUrl, say);
    return parts;
  } catch (error) {
    await parts.stop();
    throw error;
  }
}

function readPlan(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new Fault('PLAN_INVALID', `Cannot read the plan ${file}`, { cause });
  }
}

async function loadPlan(
  server: RunningServer,
  csv: string,
  say: (line: string) => void,
): Promise<void> {
  const report = await server.importPlan(csv);
  say(
    `plan: ${report.stations} stations, ${report.cameras} cameras ` +
      `(${report.added} added, ${report.changed} changed, ${report.unchanged} as before)`,
  );
  for (const { row, field, message } of report.errors) say(`  row ${row}, ${field}: ${message}`);
}

async function discover(
  server: RunningServer,
  command: RunAll,
  say: (line: string) => void,
): Promise<void> {
  const credentials = cameraCredentials();
  try {
    const where = [...command.discover, ...(command.multicast ? ['multicast'] : [])].join(', ');
    say(`looking for cameras: ${where}`);
    const view = await eventuallyLinked(() =>
      server.discover({
        cidrs: command.discover,
        multicast: command.multicast,
        ...(credentials === null ? {} : { credentials }),
      }),
    );
    const { found } = view;
    for (const camera of found) {
      const outcome = camera.boundTo ?? camera.fault?.message ?? 'not in the plan';
      say(`  ${camera.address}: ${outcome}`);
    }
    say(
      `${found.length} cameras found, ${found.filter((one) => one.boundTo !== null).length} bound`,
    );
    // With a plan, what it does not name waits for a person; without one there is nothing to wait for.
    if (command.plan === undefined) {
      const report = await server.takeInFound(view, credentials);
      if (report !== null) say(`${report.added} cameras taken into provisional stations`);
    }
  } catch (error) {
    say(`discovery failed: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function cameraCredentials(): CameraCredentials | null {
  const username = process.env.NIGEHBAN_CAMERA_USERNAME;
  const password = process.env.NIGEHBAN_CAMERA_PASSWORD;
  return username === undefined || password === undefined ? null : { username, password };
}

/** The gateway dials the server in its own time: asks again for a moment while none is linked. */
async function eventuallyLinked<T>(ask: () => Promise<T>): Promise<T> {
  for (let attempts = 1; ; attempts += 1) {
    try {
      return await ask();
    } catch (error) {
      const isUnlinked = error instanceof Fault && error.code === 'GATEWAY_UNAVAILABLE';
      if (!isUnlinked || attempts === 20) throw error;
      await setTimeout(500);
    }
  }
}

function tellWhereToGo(
  url: string,
  settings: Settings,
  controlUrl: string | undefined,
  say: (line: string) => void,
): void {
  say('');
  say(`Nigehban runs. Open ${url}`);
  say(
    settings.demoPassword === undefined
      ? `Sign in as operator, supervisor, technician or administrator; the first passwords are in ${firstPasswordsFile(settings)}`
      : 'Sign in as operator, supervisor, technician or administrator with NIGEHBAN_DEMO_PASSWORD',
  );
  if (controlUrl !== undefined) {
    say('An exercise runs: 6 simulated polling stations with 18 cameras. Unplug one with');
    say(
      `  curl -X PUT ${controlUrl}/cameras/GE24-NA117-PS042-C1/fault -H 'content-type: application/json' -d '{"kind":"unplugged"}'`,
    );
  }
  say('Ctrl-C stops; the next start keeps all data.');
}

/** @throws Fault PORT_TAKEN before anything else was started */
async function requireFreePort(host: string, port: number, setting: string): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new Fault('PORT_TAKEN', `Port ${port} of ${host} (${setting}) cannot be used`, { cause }),
      ),
    );
    server.listen(port, host, () => server.close(() => resolve()));
  });
}
