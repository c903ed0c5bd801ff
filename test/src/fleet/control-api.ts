import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { SimulatedCamera } from './camera.ts';
import { parseFaults } from './faults.ts';

const maxOrderBytes = 65_536;

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) continue;
    size += chunk.length;
    if (size > maxOrderBytes) throw new TypeError('the order is too long');
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString('utf8');
  try {
    return text === '' ? null : JSON.parse(text);
  } catch {
    throw new TypeError('the order is not JSON');
  }
}

async function answer(
  cameras: readonly SimulatedCamera[],
  request: IncomingMessage,
): Promise<{ status: number; body: unknown }> {
  const { pathname } = new URL(request.url ?? '/', 'http://fleet');
  const [collection, id, part] = pathname.split('/').slice(1).map(decodeURIComponent);
  const route = `${request.method} ${collection}${id === undefined ? '' : '/id'}${
    part === undefined ? '' : `/${part}`
  }`;
  if (route === 'GET cameras') {
    return { status: 200, body: cameras.map((camera) => camera.status()) };
  }
  const camera = cameras.find((candidate) => candidate.plan.id === id);
  if (collection !== 'cameras' || camera === undefined) {
    return { status: 404, body: { error: 'no such camera or page' } };
  }
  switch (route) {
    case 'GET cameras/id':
      return { status: 200, body: camera.status() };
    case 'PUT cameras/id/fault':
      await camera.setFaults(parseFaults(await readJson(request)));
      return { status: 200, body: camera.status() };
    case 'DELETE cameras/id/fault':
      await camera.setFaults([]);
      return { status: 200, body: camera.status() };
    default:
      return { status: 404, body: { error: 'no such camera or page' } };
  }
}

/**
 * The fleet's control API on 127.0.0.1: `GET /cameras`, `GET /cameras/:id`, and `PUT` or `DELETE
 * /cameras/:id/fault` with `null`, a fault or a list of faults as JSON. Answers with the camera's
 * status and counters.
 */
export async function startControlApi(
  cameras: readonly SimulatedCamera[],
  port: number,
): Promise<{ url: string; stop: () => Promise<void> }> {
  const send = (response: ServerResponse, status: number, body: unknown) => {
    response.writeHead(status, { 'Content-Type': 'application/json' });
    response.end(`${JSON.stringify(body)}\n`);
  };
  const server = createServer((request, response) => {
    answer(cameras, request).then(
      ({ status, body }) => send(response, status, body),
      (error: unknown) => {
        const message = error instanceof Error ? error.message : 'unknown';
        send(response, error instanceof TypeError ? 400 : 500, { error: message });
      },
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', port }, () => resolve());
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no control port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    stop: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
