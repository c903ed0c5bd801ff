/**
 * `npm run soak -- --minutes 30 --cameras 100`: records a simulated fleet while faults strike it at
 * random, then holds every camera's chain against the clock. Exits with 1 when a camera's recorded
 * time plus typed gaps differ from the wall time by more than a second, a chain does not verify, or
 * memory kept growing.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { systemClock } from '@nigehban/media/clock.ts';
import { createStreamHub } from '@nigehban/media/hub/stream-hub.ts';
import { verifyFootage } from '@nigehban/recorder/chain/verify-footage.ts';
import { startRecorder } from '@nigehban/recorder/recorder.ts';
import { measure, reportFigures } from '../bench/report.ts';
import { generatedPlan } from '../fleet/exercise-plan.ts';
import type { CameraFault } from '../fleet/faults.ts';
import { accountTime, type TimeAccount } from './time-account.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    cameras: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    json: { type: 'string' },
  },
});
const soakMs = Number(values.minutes) * 60_000;
const cameraCount = Number(values.cameras);
const random = seeded(Number(values.seed));

const faults: readonly (() => CameraFault)[] = [
  () => ({ kind: 'unplugged' }),
  () => ({ kind: 'blackhole' }),
  () => ({ kind: 'silent' }),
  () => ({ kind: 'rtsp-453' }),
  () => ({ kind: 'packet-loss', ratio: random() / 10 }),
  () => ({ kind: 'timestamp-jump', seconds: Math.round((random() - 0.5) * 7_200) }),
  () => ({ kind: 'parameter-change' }),
  () => ({ kind: 'flood' }),
  () => ({ kind: 'mid-gop-cut' }),
  () => ({ kind: 'frozen' }),
];

/** Park and Miller's generator: the same seed gives the same storm. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

async function startFleetProcess() {
  const main = fileURLToPath(new URL('../fleet/main.ts', import.meta.url));
  const base = `127.${30 + Math.floor(Math.random() * 200)}.${1 + Math.floor(Math.random() * 250)}.1`;
  const args = ['--cameras', String(cameraCount), '--base-address', base, '--until-stdin-ends'];
  const child = spawn(process.execPath, [main, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  const controlUrl = await new Promise<string>((resolve, reject) => {
    child.once('exit', () => reject(new Error('the fleet did not start')));
    createInterface({ input: child.stdout }).on('line', (line) => {
      const event = JSON.parse(line) as { event: string; controlUrl?: string };
      if (event.event === 'ready' && event.controlUrl !== undefined) resolve(event.controlUrl);
    });
  });
  const stop = async () => {
    child.stdin.end();
    await once(child, 'exit');
  };
  const plan = generatedPlan(cameraCount, { baseAddress: base, httpPort: 8000, rtspPort: 8554 });
  return { controlUrl, plan, stop };
}

async function strike(controlUrl: string, cameraId: string, fault: CameraFault | null) {
  const response = await fetch(`${controlUrl}/cameras/${cameraId}/fault`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(fault),
  });
  if (!response.ok) throw new Error(`${cameraId}: ${response.status} ${await response.text()}`);
}

function residentMb(): number {
  return process.memoryUsage().rss / 1e6;
}

const mean = (numbers: readonly number[]): number =>
  numbers.reduce((sum, number) => sum + number, 0) / Math.max(1, numbers.length);

const root = await mkdtemp(join(tmpdir(), 'nigehban-soak-'));
const fleet = await startFleetProcess();
const hub = createStreamHub({ clock: systemClock, random: Math.random });
const account: TimeAccount = accountTime();
const recorder = await startRecorder(
  { nodeId: 'soak', footageFolder: root, segmentMs: 60_000 },
  {
    hub,
    clock: systemClock,
    log: { info: () => {}, warn: () => {}, error: () => {} },
    onEntry: (entry) => account.add(entry),
  },
);
recorder.apply(
  fleet.plan.cameras.map((camera, index) => ({
    cameraId: index + 1,
    cameraCode: camera.id,
    stationCode: camera.stationId,
    source: {
      key: `${index + 1}/main`,
      url: `rtsp://${camera.address}:${camera.rtspPort}/main`,
      username: camera.username,
      password: camera.password,
    },
  })),
);
const startedUs = systemClock.wallUs();
const startedCpu = process.cpuUsage();
const memoryMb: number[] = [];
const until = performance.now() + soakMs;
let strikes = 0;
let nextSampleMs = performance.now() + 30_000;
const cures: { atMs: number; cameraId: string }[] = [];
const isStruck = new Set<string>();

while (performance.now() < until) {
  const camera = fleet.plan.cameras[Math.floor(random() * cameraCount)];
  const fault = faults[Math.floor(random() * faults.length)];
  if (camera !== undefined && fault !== undefined && !isStruck.has(camera.id)) {
    isStruck.add(camera.id);
    await strike(fleet.controlUrl, camera.id, fault());
    cures.push({ atMs: performance.now() + 1_000 + random() * 20_000, cameraId: camera.id });
    strikes += 1;
  }
  for (const cure of cures.filter(({ atMs }) => atMs <= performance.now())) {
    cures.splice(cures.indexOf(cure), 1);
    isStruck.delete(cure.cameraId);
    await strike(fleet.controlUrl, cure.cameraId, null);
  }
  if (performance.now() >= nextSampleMs) {
    nextSampleMs += 30_000;
    memoryMb.push(residentMb());
    const left = Math.round((until - performance.now()) / 60_000);
    process.stdout.write(`${left} min left, ${strikes} faults, ${Math.round(residentMb())} MB\n`);
  }
  await sleep(500);
}
// Making the last files durable takes a moment in which nothing is recorded any more.
const endedUs = systemClock.wallUs();
await recorder.stop();
const cpu = process.cpuUsage(startedCpu);
await hub.stop();
await fleet.stop();

process.stdout.write('verifying every byte …\n');
const verdict = await verifyFootage(root);
const broken = verdict.cameras.filter((camera) => camera.problems.length > 0);
const offUs = fleet.plan.cameras.map((_, index) => account.offUs(index + 1, startedUs, endedUs));
const worstOffS = Math.max(...offUs.map(Math.abs)) / 1e6;
// The first fifth fills pools and caches; after it, memory has to stay where it is.
const fifth = Math.max(1, Math.floor(memoryMb.length / 5));
const early = mean(memoryMb.slice(Math.min(fifth, memoryMb.length - 1)).slice(0, fifth));
const late = mean(memoryMb.slice(-fifth));
const wallS = (endedUs - startedUs) / 1e6;
reportFigures(
  'soak',
  [
    measure('cameras', cameraCount, 'cameras'),
    measure('minutes', wallS / 60, 'min'),
    measure('faults', strikes, 'faults'),
    measure('worst-unaccounted', worstOffS, 's'),
    measure('broken-chains', broken.length, 'cameras'),
    measure('memory-early', early, 'MB'),
    measure('memory-late', late, 'MB'),
    measure('core-share-per-camera', (cpu.user + cpu.system) / 1e4 / wallS / cameraCount, '%'),
  ],
  process.argv,
);
for (const camera of broken) process.stdout.write(`${JSON.stringify(camera)}\n`);
const failed = worstOffS > 1 || broken.length > 0 || late > early * 1.25 + 20;
if (failed) process.stdout.write(`The soak failed; its footage stays in ${root}\n`);
else await rm(root, { recursive: true, force: true });
process.exit(failed ? 1 : 0);
