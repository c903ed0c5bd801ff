import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const secrets = {
  POSTGRES_PASSWORD: 'compose-test-postgres',
  REDIS_PASSWORD: 'compose-test-redis',
  NIGEHBAN_CLUSTER_KEY: 'compose-test-cluster-key',
  NIGEHBAN_SECRET_KEY: '0'.repeat(64),
};

/** The compose program of this machine: Docker's plugin, or Debian's docker-compose. */
const compose = [['docker', 'compose'], ['docker-compose']].find(
  ([program = '', ...args]) => spawnSync(program, [...args, 'version']).status === 0,
);

function readConfiguration(env: Record<string, string>) {
  const [program = '', ...args] = compose ?? [];
  return spawnSync(program, [...args, '-f', 'docker-compose.yml', 'config'], {
    cwd: root,
    encoding: 'utf8',
    env: { PATH: process.env.PATH, HOME: '/nonexistent', ...env },
  });
}

test.skipIf(compose === undefined)('compose accepts the file with every role a service', () => {
  const { status, stdout, stderr } = readConfiguration(secrets);
  expect(stderr).toBe('');
  expect(status).toBe(0);
  for (const service of ['postgres', 'redis', 'server', 'gateway', 'media']) {
    expect(stdout).toMatch(new RegExp(`^ {2}${service}:$`, 'm'));
  }
  expect(stdout).toContain('postgres://nigehban:compose-test-postgres@postgres:5432/nigehban');
  expect(stdout.match(/healthcheck:/g)).toHaveLength(5);
});

test.skipIf(compose === undefined).each(Object.keys(secrets))(
  'compose does not start without %s',
  (name) => {
    const { status, stderr } = readConfiguration({ ...secrets, [name]: '' });
    expect(status).not.toBe(0);
    expect(stderr).toContain(`set ${name}`);
  },
);

test('the compose file sets only what the settings know', () => {
  const used = readFileSync(`${root}docker-compose.yml`, 'utf8').matchAll(
    /^ {6}(NIGEHBAN_\w+|\w+_URL):/gm,
  );
  const known = readFileSync(`${root}config/src/settings/settings.ts`, 'utf8');
  const names = new Set([...used].map(([, name = '']) => name));
  expect(names.size).toBeGreaterThan(10);
  for (const name of names) expect(known).toContain(`'${name}'`);
});

test('every workspace is copied into the image before its packages are installed', () => {
  const dockerfile = readFileSync(`${root}Dockerfile`, 'utf8');
  const { workspaces } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
  for (const folder of workspaces) {
    expect(dockerfile).toContain(`COPY ${folder}/package.json ${folder}/`);
  }
});

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function serveHealth(status: number, gateways: object[]): Promise<number> {
  const server = createServer((_request, response) => {
    response.writeHead(status).end(JSON.stringify({ roles: { gateway: gateways } }));
  });
  servers.push(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return (server.address() as AddressInfo).port;
}

async function checkHealth(role: string, env: Record<string, string>): Promise<number> {
  const child = spawn(process.execPath, [`${root}scripts/container-health.mjs`, role], { env });
  const [code] = await once(child, 'exit');
  return code;
}

test('a container is well when its role serves', async () => {
  const up = [{ nodeId: 'gateway-1', state: 'up' }];
  const port = String(await serveHealth(200, up));
  const gateway = {
    NIGEHBAN_SERVER_URL: `http://127.0.0.1:${port}`,
    NIGEHBAN_NODE_ID: 'gateway-1',
  };
  expect(await checkHealth('server', { NIGEHBAN_PORT: port })).toBe(0);
  expect(await checkHealth('media', { NIGEHBAN_MEDIA_PORT: port })).toBe(0);
  expect(await checkHealth('gateway', gateway)).toBe(0);
  expect(await checkHealth('gateway', { ...gateway, NIGEHBAN_NODE_ID: 'gateway-2' })).toBe(1);
});

test('a container is not well when its role does not serve', async () => {
  const port = String(await serveHealth(503, []));
  expect(await checkHealth('server', { NIGEHBAN_PORT: port })).toBe(1);
  for (const server of servers.splice(0)) server.close();
  expect(await checkHealth('media', { NIGEHBAN_MEDIA_PORT: port })).toBe(1);
  expect(await checkHealth('server', { NIGEHBAN_PORT: port })).toBe(1);
  expect(await checkHealth('everything', {})).toBe(2);
});
