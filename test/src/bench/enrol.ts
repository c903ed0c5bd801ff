import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { DiscoveryRunView } from '@nigehban/domain/api/discovery-types.ts';
import {
  startTestServer,
  startTestServices,
  testClusterKey,
} from '@nigehban/server/testing/test-services.ts';
import { planRows } from '../enrol/enrolment-site.ts';
import { crowdFaultsOf, crowdModels } from '../fleet/crowd.ts';
import { generatedPlan } from '../fleet/exercise-plan.ts';
import { until } from '../fleet/test-tools.ts';
import { cpuSecondsBelow, cpuSecondsOf, startChild } from './enrol/child.ts';
import { measureOnvifPackage } from './enrol/onvif-package.ts';
import { compare, measure, reportFigures } from './report.ts';

/**
 * Enrols a province: the plan is imported over HTTP, a discovery run finds the cameras (WS-Discovery
 * and HTTP), and each is probed, matched and registered in PostgreSQL. The crowd, the gateway and
 * the server (this process) are processes of their own. The peer is the npm package `onvif`.
 *
 *   npm run bench:enrol [-- --cameras 2000] [--json FILE]
 */
const province = 29_000;
const baseAddress = '127.64.0.1';
const mostSockets = 11_600;
const peerCameras = 200;
const atOnce = 64;

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** The peer throws inside its own callbacks on the makes beyond these. */
function isForPeer(modelName: string): boolean {
  return ['KV-2100', 'NL-D40', 'TQ-6IR', 'SB-720E'].includes(modelName);
}

function pidsAlive(): number[] {
  return readdirSync('/proc').map(Number).filter(Number.isInteger);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { cameras: { type: 'string' }, json: { type: 'string' } },
  });
  const count = Number(values.cameras ?? province);
  const scriptOf = (path: string) => fileURLToPath(new URL(path, import.meta.url));
  const answerDiscovery = Math.min(mostSockets, Math.floor(count * 0.4));
  const crowd = startChild(scriptOf('../fleet/crowd-main.ts'), [
    ...['--cameras', String(count), '--answer-discovery', String(answerDiscovery)],
  ]);
  const httpPort = Number((await crowd.nextEvent()).httpPort);
  const addressing = { baseAddress, httpPort, rtspPort: 8554 };
  const plan = generatedPlan(count, addressing, crowdModels);
  say(`${count} cameras on port ${httpPort}, ${answerDiscovery} of them answer WS-Discovery`);

  const peer = await measureOnvifPackage(
    plan.cameras
      .filter(({ modelName }, index) => isForPeer(modelName) && crowdFaultsOf(index).length === 0)
      .slice(0, peerCameras),
    atOnce,
  );
  const services = await startTestServices({ redis: true });
  const server = await startTestServer(services, { requestsPerMinute: 100_000 });
  const gateway = startChild(scriptOf('./enrol/gateway-process.ts'), [server.url, testClusterKey]);
  const pids = () => ({
    server: process.pid,
    gateway: gateway.process.pid ?? 0,
    crowd: crowd.process.pid ?? 0,
  });
  try {
    const importStartMs = performance.now();
    const imported = await fetch(`${server.url}/api/plan`, {
      method: 'POST',
      headers: { 'content-type': 'text/csv', cookie: await server.signIn('administrator') },
      // The list has serials and MACs; where the cameras are is to be found out.
      body: planRows(plan, () => ({ address: '' })),
    });
    const report = (await imported.json()) as { cameras?: number; errors?: unknown[] };
    const importSeconds = (performance.now() - importStartMs) / 1_000;
    if (report.cameras !== count) {
      throw new Error(`the import took ${report.cameras}: ${JSON.stringify(report).slice(0, 500)}`);
    }
    say(`imported in ${importSeconds.toFixed(1)} s`);

    const cookie = await server.signIn('technician');
    const cpu = () => {
      const { server: own, gateway: other, crowd: simulator } = pids();
      const below = cpuSecondsBelow(own, pidsAlive());
      const database = below - cpuSecondsOf(other) - cpuSecondsOf(simulator);
      return {
        ...{ server: cpuSecondsOf(own), gateway: cpuSecondsOf(other) },
        ...{ crowd: cpuSecondsOf(simulator), database },
      };
    };
    const before = cpu();
    const startMs = performance.now();
    const headers = { 'content-type': 'application/json', cookie };
    const started = await fetch(`${server.url}/api/discovery/runs`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ cidrs: rangesOf(count), multicast: false, httpPorts: [httpPort] }),
    });
    const { id } = (await started.json()) as DiscoveryRunView;
    const read = async (): Promise<DiscoveryRunView> => {
      const answer = await fetch(`${server.url}/api/discovery/runs/${id}`, { headers });
      return (await answer.json()) as DiscoveryRunView;
    };
    let told = 0;
    await until('the run is over', 90 * 60_000, async () => {
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      const run = await read();
      if (run.chunksDone !== told) {
        told = run.chunksDone;
        const seconds = ((performance.now() - startMs) / 1_000).toFixed(0);
        say(`${seconds} s: ${run.chunksDone}/${run.chunks} ${JSON.stringify(run.counts)}`);
      }
      return run.state !== 'RUNNING';
    });
    const minutes = (performance.now() - startMs) / 60_000;
    const after = cpu();
    const [row] = await server.sql<{ registered: number }[]>`
      select count(*)::int as registered from camera where registered_at is not null`;
    const registered = row?.registered ?? 0;
    const state = await crowd.ask();
    const spent = (part: keyof typeof before) => after[part] - before[part];
    const product = spent('server') + spent('gateway') + spent('database');
    const sick = plan.cameras.filter((_, index) =>
      crowdFaultsOf(index).some(({ kind }) =>
        ['wrong-password', 'garbage-xml', 'blackhole'].includes(kind),
      ),
    ).length;
    say(
      `${registered} of ${count} registered (${sick} cannot be); CPU seconds: ` +
        `server ${spent('server').toFixed(1)}, gateway ${spent('gateway').toFixed(1)}, ` +
        `database ${spent('database').toFixed(1)}, simulator ${spent('crowd').toFixed(1)}; ` +
        `wrong passwords ${String(state.wrongPasswords)}, simulator ` +
        `${Math.round(Number(state.rssBytes) / 1e6)} MB`,
    );
    if (registered < count - sick) {
      say(`MISSING ${count - sick - registered} cameras that should be registered`);
    }
    if (count !== province) {
      say(`enrol-minutes is that of ${count} cameras times ${(province / count).toFixed(1)}`);
    }
    const gatewayMs = (spent('gateway') * 1_000) / Math.max(1, registered);
    reportFigures(
      'enrol',
      [
        measure('enrol-minutes', (minutes * province) / count, 'minutes'),
        measure('enrol-rate', registered / (minutes * 60), 'cameras/s'),
        measure('enrol-rate-per-core', registered / product, 'cameras/s of one core'),
        compare('gateway-cpu', gatewayMs, 'CPU ms/camera', peer.cpuMsPerCamera),
        measure('import-seconds', importSeconds, 's'),
      ],
      process.argv,
    );
  } finally {
    await gateway.stop();
    await server.stop();
    await services.stop();
    await crowd.stop();
  }
}

/** The ranges that hold so many cameras after the base address, 254 to each /24. */
function rangesOf(count: number): string[] {
  const subnets = Math.ceil(count / 254);
  return Array.from(
    { length: Math.ceil(subnets / 4) },
    (_, index) => `127.${64 + ((index * 4) >> 8)}.${(index * 4) & 255}.0/22`,
  );
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(1);
  },
);
