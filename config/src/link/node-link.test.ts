import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Fault } from '@nigehban/domain/faults.ts';
import type { LinkDown, LinkUp, StreamOrder } from '@nigehban/domain/link-messages.ts';
import { afterEach, expect, test, vi } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { type Clock, createManualClock, systemClock } from '../clock/clock.ts';
import { createLogger } from '../log/logger.ts';
import { applyDesired } from './desired-orders.ts';
import { type NodeLink, startNodeLink } from './node-link.ts';

const log = createLogger('silent', 'test');
const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const order = (cameraId: number): StreamOrder => ({
  cameraId,
  cameraCode: `C${cameraId}`,
  stationCode: 'S',
  record: true,
  streams: [],
  credentials: null,
});

async function serve(port = 0) {
  const received: LinkUp[] = [];
  const sockets: WebSocket[] = [];
  const keys: (string | undefined)[] = [];
  const http = createServer();
  const wss = new WebSocketServer({ server: http });
  wss.on('connection', (socket, request) => {
    keys.push(request.headers.authorization);
    sockets.push(socket);
    socket.on('message', (data) => received.push(JSON.parse(String(data)) as LinkUp));
  });
  await new Promise<void>((resolve) => http.listen(port, '127.0.0.1', resolve));
  const close = () => {
    for (const socket of sockets) socket.terminate();
    return new Promise<void>((resolve) => {
      wss.close(() => http.close(() => resolve()));
    });
  };
  closers.push(close);
  const send = (message: LinkDown) => sockets.at(-1)?.send(JSON.stringify(message));
  return { port: (http.address() as AddressInfo).port, received, sockets, keys, send, close };
}

function dial(
  port: number,
  onDesired: (orders: readonly StreamOrder[]) => void = () => {},
  clock: Clock = systemClock,
): NodeLink {
  const link = startNodeLink({
    serverUrl: `http://127.0.0.1:${port}`,
    clusterKey: 'k'.repeat(16),
    clock,
    random: () => 0,
    log,
    hello: () => ({
      role: 'media',
      nodeId: 'n1',
      version: '0',
      startedAtMs: 1,
      footageUrl: null,
      snapshot: [],
    }),
    onDesired,
  });
  closers.push(() => link.stop());
  return link;
}

test('says hello with the cluster key, follows the desired state, answers requests', async () => {
  const server = await serve();
  const seen: number[][] = [];
  const link = dial(server.port, (orders) => seen.push(orders.map((o) => o.cameraId)));
  link.handle('live.close', async ({ viewerId }) => {
    if (viewerId === 'bad') throw new Fault('LIVE_SESSION_UNKNOWN', 'no such viewer');
    return { done: true };
  });
  await vi.waitFor(() => expect(server.received[0]?.type).toBe('hello'), 10_000);
  expect(server.keys).toEqual([`Bearer ${'k'.repeat(16)}`]);
  server.send({ type: 'desired', version: 1, orders: [order(1), order(2)] });
  server.send({ type: 'desired-change', version: 2, upsert: [order(3)], remove: [1] });
  server.send({ type: 'request', id: 7, method: 'live.close', params: { viewerId: 'v' } });
  server.send({ type: 'request', id: 8, method: 'live.close', params: { viewerId: 'bad' } });
  server.send({ type: 'request', id: 9, method: 'gateway.probe', params: {} });
  server.send({ type: 'ping' });
  await vi.waitFor(() => expect(server.received).toHaveLength(5), 10_000);
  expect(seen).toEqual([
    [1, 2],
    [2, 3],
  ]);
  const replies = new Map(server.received.map((m) => ['id' in m ? m.id : m.type, m]));
  expect(replies.get(7)).toMatchObject({ result: { done: true } });
  expect(replies.get(8)).toMatchObject({ fault: { code: 'LIVE_SESSION_UNKNOWN' } });
  expect(replies.get(9)).toMatchObject({ fault: { code: 'REQUEST_INVALID' } });
  expect(replies.has('pong')).toBe(true);
});

test('dials again after the server went away, and survives garbage', async () => {
  const first = await serve();
  const link = dial(first.port);
  await vi.waitFor(() => expect(link.linked()).toBe(true), 10_000);
  first.sockets[0]?.send('{garbage');
  await first.close();
  await vi.waitFor(() => expect(link.linked()).toBe(false), 10_000);
  link.sendFacts([{ kind: 'recording-well', atMs: 1 }]);
  const second = await serve(first.port);
  await vi.waitFor(() => expect(second.received[0]?.type).toBe('hello'), { timeout: 5_000 });
  expect(second.received).toHaveLength(1);
});

test('a server that is silent is given up; a stall of the node, or a step of its clock, is no silence', async () => {
  const server = await serve();
  const clock = createManualClock();
  const link = dial(server.port, () => {}, clock);
  await vi.waitFor(() => expect(link.linked()).toBe(true), 10_000);
  clock.step(3_600_000);
  clock.advance(14_000);
  // As after a stall: the timer is due, and what came in time is not read yet.
  server.send({ type: 'ping' });
  clock.advance(2_000);
  await vi.waitFor(() => expect(server.received.map(({ type }) => type)).toContain('pong'), 10_000);
  expect(link.linked()).toBe(true);
  clock.advance(15_000);
  await vi.waitFor(() => expect(link.linked()).toBe(false), 10_000);
});

test('a change before any whole state edits nothing that is there', () => {
  const orders = applyDesired(new Map(), {
    type: 'desired-change',
    version: 1,
    upsert: [order(1)],
    remove: [9],
  });
  expect([...orders.keys()]).toEqual([1]);
});
