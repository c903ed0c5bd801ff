import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { type Fleet, type FleetOptions, startFleet } from './fleet.ts';
import { defaultAddressing, type FleetPlan } from './fleet-plan.ts';
import type { StreamScale } from './streams/stream-recipe.ts';

const usage = `usage: node test/src/fleet/main.ts [options]
  --cameras N            N cameras that share a few scenes, instead of the exercise of 18
  --plan FILE            a plan as JSON ({stations, cameras}), instead of the exercise
  --scenes exercise|tiny 720p main streams, or 180p ones that are made at once
  --base-address 127.x.y.z   first camera's address (${defaultAddressing.baseAddress})
  --http-port P --rtsp-port P   ports of every camera (${defaultAddressing.httpPort}, ${defaultAddressing.rtspPort})
  --control-port P       port of the control API (any free one)
  --cache FOLDER         where made streams are kept
  --until-stdin-ends     end when standard input does: with the process that started the fleet

Writes one line of JSON for each event on standard output: {"event":"progress",…} while streams are
made, then {"event":"ready","controlUrl":…,"cameras":N}. Ends on SIGTERM or SIGINT.`;

function isPlan(value: unknown): value is FleetPlan {
  return (
    typeof value === 'object' &&
    value !== null &&
    'stations' in value &&
    Array.isArray(value.stations) &&
    'cameras' in value &&
    Array.isArray(value.cameras)
  );
}

async function readPlan(path: string): Promise<FleetPlan> {
  const plan: unknown = JSON.parse(await readFile(path, 'utf8'));
  if (!isPlan(plan)) throw new Error(`${path} is not a fleet plan`);
  return plan;
}

function portOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error(`${name} is a port`);
  return port;
}

function scaleOf(text: string | undefined): StreamScale | undefined {
  if (text === undefined || text === 'exercise' || text === 'tiny') return text;
  throw new Error('--scenes is exercise or tiny');
}

async function camerasOf(
  plan: string | undefined,
  cameras: string | undefined,
): Promise<FleetOptions['cameras']> {
  if (plan !== undefined) return readPlan(plan);
  if (cameras === undefined) return 'exercise';
  const count = Number(cameras);
  if (!Number.isInteger(count) || count < 1) throw new Error('--cameras is a number from 1');
  return count;
}

function tell(event: Record<string, unknown>): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

async function main(): Promise<void> {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    options: {
      cameras: text,
      plan: text,
      scenes: text,
      'base-address': text,
      'http-port': text,
      'rtsp-port': text,
      'control-port': text,
      cache: text,
      'until-stdin-ends': { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  if (values.help === true) {
    process.stdout.write(`${usage}\n`);
    return;
  }
  // Before streams are made, so that an end during the making is heard as well.
  let fleet: Fleet | null = null;
  const end = () => {
    const stopped = fleet === null ? Promise.resolve() : fleet.stop();
    stopped.then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.once('SIGTERM', end);
  process.once('SIGINT', end);
  if (values['until-stdin-ends'] === true) process.stdin.once('end', end).resume();

  const scenes = scaleOf(values.scenes);
  fleet = await startFleet({
    cameras: await camerasOf(values.plan, values.cameras),
    addressing: {
      baseAddress: values['base-address'] ?? defaultAddressing.baseAddress,
      httpPort: portOf('--http-port', values['http-port']) ?? defaultAddressing.httpPort,
      rtspPort: portOf('--rtsp-port', values['rtsp-port']) ?? defaultAddressing.rtspPort,
    },
    controlPort: portOf('--control-port', values['control-port']) ?? 0,
    onProgress: (made, total, title) => tell({ event: 'progress', made, total, title }),
    ...(scenes === undefined ? {} : { scenes }),
    ...(values.cache === undefined ? {} : { cacheFolder: values.cache }),
  });
  tell({ event: 'ready', controlUrl: fleet.controlUrl, cameras: fleet.cameras.length });
}

main().catch((error: unknown) => {
  const reason = error instanceof Error ? error.message : String(error);
  process.stderr.write(`the simulated fleet cannot start: ${reason}\n`);
  process.exit(1);
});
