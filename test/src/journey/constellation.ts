import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type EmbeddedServer, startEmbeddedPostgres } from '@nigehban/config/embedded/postgres.ts';
import { startEmbeddedRedis } from '@nigehban/config/embedded/redis.ts';
import { type Child, startChild } from './child-process.ts';
import { eventually } from './eventually.ts';
import { freePorts } from './free-ports.ts';

const nigehban = fileURLToPath(new URL('../../../bin/nigehban.ts', import.meta.url));
const silentLog = { info: () => {}, warn: () => {} };

/**
 * One process with databases of its own, or each role in its own process beside databases, with the
 * cameras shared out to two more.
 */
export type Form = 'one process' | 'a process for each role';

export const password = 'Journey-2024';

export interface Constellation {
  readonly url: string;
  readonly dataFolder: string;
  readonly footageFolder: string;
  /** Of a process for each role; undefined in one process, which has a database of its own. */
  databaseUrl(): string | undefined;
  /** What the processes wrote, for a failure's message. */
  output(): string;
  /** The processes of the product, without databases. */
  children(): readonly Child[];
  /** kill -9 of every process, databases included, all at once. */
  kill9(): Promise<void>;
  /** Stops in order and keeps all data. */
  end(): Promise<void>;
  /** Starts again on the same data; what is set anew stays so. */
  start(settings?: Readonly<Record<string, string>>): Promise<void>;
  /** Runs a command such as `verify` on the same data; gives exit code and output. */
  run(command: string): Promise<{ code: number | null; output: string }>;
  /** Stops in order and removes all data. */
  stop(): Promise<void>;
}

export interface ConstellationOptions {
  readonly form: Form;
  readonly planCsv: string;
  readonly segmentSeconds: number;
  /** Puts into the data folder what is to be there before the first start; gives settings for it. */
  readonly prepare?: (dataFolder: string) => Promise<Readonly<Record<string, string>>>;
}

/** Boots the real product as a person does, by its command line, on free ports and a folder of its own. */
export async function startConstellation(options: ConstellationOptions): Promise<Constellation> {
  const dataFolder = await mkdtemp(join(tmpdir(), 'nigehban-journey-'));
  // As root the databases run as a user of their own, who must be let in.
  await chmod(dataFolder, 0o755);
  const planFile = join(dataFolder, 'plan.csv');
  await writeFile(planFile, options.planCsv);
  const [port = 0, mediaPort = 0, rtcPort = 0] = await freePorts(3);
  const url = `http://127.0.0.1:${port}`;
  let common: Record<string, string | undefined> = {
    NIGEHBAN_PORT: String(port),
    NIGEHBAN_MEDIA_PORT: String(mediaPort),
    // mediasoup takes a port of this range for each worker; the range starts where one was free.
    NIGEHBAN_RTC_PORTS: `${Math.min(rtcPort, 65_000)}-${Math.min(rtcPort, 65_000) + 200}`,
    NIGEHBAN_DATA: dataFolder,
    NIGEHBAN_NODE_ID: 'journey',
    NIGEHBAN_DEMO_PASSWORD: password,
    NIGEHBAN_SEGMENT_SECONDS: String(options.segmentSeconds),
    // Approval of views has tests of its own; here operators watch cameras inside at once.
    NIGEHBAN_VIEW_APPROVAL: 'off',
    DATABASE_URL: undefined,
    REDIS_URL: undefined,
    ...(await options.prepare?.(dataFolder)),
  };
  let children: Child[] = [];
  let databases: EmbeddedServer[] = [];
  let environment: Record<string, string | undefined> = common;

  const start = async (settings: Readonly<Record<string, string>> = {}) => {
    common = { ...common, ...settings };
    environment = { ...environment, ...settings };
    if (options.form === 'one process') {
      children = [startChild(nigehban, ['all', '--plan', planFile], common)];
    } else {
      databases = [
        await startEmbeddedPostgres({ dataFolder, log: silentLog }),
        await startEmbeddedRedis({ dataFolder, log: silentLog }),
      ];
      environment = {
        ...common,
        DATABASE_URL: databases[0]?.url,
        REDIS_URL: databases[1]?.url,
        NIGEHBAN_MEDIA_PROCESSES: '2',
      };
      children = ['media', 'gateway', 'server'].map((role) =>
        startChild(nigehban, [role], environment),
      );
    }
    await eventually(
      'the constellation is healthy',
      async () => {
        const dead = children.find((child) => child.exited());
        if (dead !== undefined) throw new Error(`a process ended:\n${dead.output()}`);
        const health = (await (await fetch(`${url}/healthz`)).json()) as {
          roles: { media: { state: string }[]; gateway: { state: string }[] };
        };
        const { media, gateway } = health.roles;
        return [...media, ...gateway].filter(({ state }) => state === 'up').length >= 2;
      },
      90_000,
    );
  };

  const constellation: Constellation = {
    url,
    dataFolder,
    footageFolder: join(dataFolder, 'footage'),
    databaseUrl: () => databases[0]?.url,
    output: () => children.map((child) => child.output()).join('\n---\n'),
    children: () => children,
    start,
    async kill9() {
      const pids = children.map((child) => child.pid);
      // One process has its databases as children: the power goes for all of them.
      if (options.form === 'one process') pids.push(...databasePids(dataFolder));
      pids.push(...enginePids(dataFolder));
      for (const pid of pids) process.kill(pid, 'SIGKILL');
      await Promise.all(children.map((child) => child.end('SIGKILL')));
    },
    async run(command) {
      const child = startChild(nigehban, [command], environment);
      await eventually(`${command} ends`, () => child.exited(), 60_000);
      return { code: await child.end('SIGTERM'), output: child.output() };
    },
    async end() {
      await Promise.all(children.map((child) => child.end('SIGTERM')));
      for (const database of databases.splice(0).reverse()) await database.stop();
    },
    async stop() {
      await constellation.end();
      if (existsSync(dataFolder)) await rm(dataFolder, { recursive: true, force: true });
    },
  };
  try {
    await start();
  } catch (error) {
    const output = constellation.output();
    await constellation.stop();
    throw new Error(`the constellation did not start:\n${output.slice(-4_000)}`, { cause: error });
  }
  return constellation;
}

/** Of a media node that shares its cameras out to processes (NIGEHBAN_MEDIA_PROCESSES). */
function enginePids(dataFolder: string): number[] {
  const file = join(dataFolder, 'media/processes.json');
  if (!existsSync(file)) return [];
  return (JSON.parse(readFileSync(file, 'utf8')) as { pid: number }[]).map(({ pid }) => pid);
}

function databasePids(dataFolder: string): number[] {
  return ['postgres/cluster/postmaster.pid', 'redis/redis.pid'].map((file) =>
    Number(readFileSync(join(dataFolder, file), 'utf8').split('\n')[0]),
  );
}
