/**
 * Health check of a container: `node scripts/container-health.mjs server|gateway|media`, code 0 when well.
 * server: /healthz answers 200. media: its footage port accepts (a node records without the server).
 * gateway: the server counts it among its linked gateways.
 */
import { connect } from 'node:net';
import { hostname } from 'node:os';

const timeoutMs = 4_000;
const env = process.env;
const serverUrl = env.NIGEHBAN_SERVER_URL ?? `http://127.0.0.1:${env.NIGEHBAN_PORT ?? 8080}`;

async function readHealth(url) {
  const response = await fetch(new URL('/healthz', url), {
    signal: AbortSignal.timeout(timeoutMs),
  });
  return { isServing: response.status === 200, view: await response.json() };
}

function accepts(port) {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: timeoutMs });
    const finish = (isOpen) => {
      socket.destroy();
      resolve(isOpen);
    };
    socket.once('connect', () => finish(true));
    socket.once('error', () => finish(false));
    socket.once('timeout', () => finish(false));
  });
}

const checks = {
  server: async () => (await readHealth(`http://127.0.0.1:${env.NIGEHBAN_PORT ?? 8080}`)).isServing,
  media: () => accepts(Number(env.NIGEHBAN_MEDIA_PORT ?? 8090)),
  gateway: async () => {
    const { view } = await readHealth(serverUrl);
    const nodeId = env.NIGEHBAN_NODE_ID ?? hostname();
    return view.roles.gateway.some((node) => node.nodeId === nodeId && node.state === 'up');
  },
};

const check = checks[process.argv[2]];
if (check === undefined) {
  console.error('usage: container-health.mjs server|gateway|media');
  process.exit(2);
}
const isWell = await check().catch((error) => {
  console.error(error.message);
  return false;
});
process.exit(isWell ? 0 : 1);
