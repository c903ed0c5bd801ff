import { Fault } from '@nigehban/domain/faults.ts';
import type { LinkMethod, LinkMethods } from '@nigehban/domain/link-messages.ts';
import type { Role } from '@nigehban/domain/permissions.ts';
import { expect, test } from 'vitest';
import { createLiveSessions } from './live-sessions.ts';

/** A node with cameras, a gate with a trail, and a supervisor who watches camera 1. */
async function setUp(options: { role?: Role; trailFails?: boolean } = {}) {
  const trail: string[] = [];
  const asked: string[] = [];
  const hidden = new Set<number>();
  let nowMs = 1_000;
  let consumers = 0;
  let beforeAnswer: (method: string) => void = () => {};
  const answers: Readonly<Record<string, (params: { quality?: string }) => unknown>> = {
    'live.join': ({ quality }) => ({ nodeId: 'n1', quality, transportId: 't1', transport: null }),
    'live.consume': () => ({ consumerId: `v${++consumers}`, kind: 'video' }),
    'live.listen': () => ({ consumerId: `a${++consumers}`, kind: 'audio' }),
  };
  const live = createLiveSessions({
    createId: () => 'viewer',
    monotonicMs: () => nowMs,
    listening: {
      async require(role) {
        if (role !== 'supervisor') throw new Fault('PERMISSION_DENIED', 'may not');
      },
      async began({ username, address }, cameraId) {
        if (options.trailFails === true) throw new Error('the database is away');
        trail.push(`${username} from ${address} hears ${cameraId}`);
      },
      ended: ({ username }, cameraId, heardForMs, reason) =>
        trail.push(`${username} heard ${cameraId} for ${heardForMs} ms: ${reason}`),
    },
    async requireVisible(_, cameraId) {
      if (hidden.has(cameraId)) throw new Fault('VIEW_UNAPPROVED', 'not approved');
    },
    nodeOf: () => 'n1',
    async requestNode<M extends LinkMethod>(_: string, method: M, params: LinkMethods[M][0]) {
      asked.push(method);
      beforeAnswer(method);
      const answer = answers[method]?.(params as { quality?: string }) ?? { done: true };
      return answer as LinkMethods[M][1];
    },
  });
  const viewer = live.open({
    username: 'amina',
    role: options.role ?? 'supervisor',
    address: '192.0.2.7',
  });
  await viewer.join(1, 'sub');
  const listen = (cameraId = 1) =>
    viewer.listen({ transportId: 't1', cameraId, quality: 'sub', rtpCapabilities: {} });
  return {
    viewer,
    listen,
    trail,
    asked,
    hidden,
    pass: (ms: number) => {
      nowMs += ms;
    },
    beforeAnswer: (run: (method: string) => void) => {
      beforeAnswer = run;
    },
  };
}

const coded = (code: string) => expect.objectContaining({ code });

test('the trail has a listener from the begin to the stop', async () => {
  const { viewer, listen, trail, pass } = await setUp();
  const { consumerId } = await listen();
  expect(trail).toEqual(['amina from 192.0.2.7 hears 1']);
  pass(4_000);
  await viewer.control('live.leave', 't1', consumerId);
  viewer.close();
  expect(trail.slice(1)).toEqual(['amina heard 1 for 4000 ms: stopped']);
});

test('who may not listen reaches no node, and leaves no row', async () => {
  const { listen, trail, asked } = await setUp({ role: 'technician' });
  await expect(listen()).rejects.toEqual(coded('PERMISSION_DENIED'));
  expect(asked).toEqual(['live.join']);
  expect(trail).toEqual([]);
});

test('an unapproved view is not heard either', async () => {
  const { listen, asked, hidden } = await setUp();
  hidden.add(1);
  await expect(listen()).rejects.toEqual(coded('VIEW_UNAPPROVED'));
  expect(asked).toEqual(['live.join']);
});

test('what the trail does not take is not heard', async () => {
  const { viewer, listen, asked } = await setUp({ trailFails: true });
  await expect(listen()).rejects.toThrow('the database is away');
  expect(asked).toEqual(['live.join', 'live.listen', 'live.leave']);
  expect(viewer.silence('right-withdrawn')).toEqual([]);
});

test.each([
  ['its browser goes', (viewer: Viewer) => viewer.close(), 'connection-ended'],
  [
    'its transport ends',
    (viewer: Viewer) => viewer.forgetTransports('n1', 't1'),
    'connection-ended',
  ],
  ['the camera changes its sound', (viewer: Viewer) => viewer.forgetSound('a1'), 'sound-changed'],
  [
    'the right is withdrawn',
    (viewer: Viewer) => viewer.silence('right-withdrawn'),
    'right-withdrawn',
  ],
  ['the view is closed', (viewer: Viewer) => viewer.drop(new Set([1])), 'view-unapproved'],
])('a sound ends once when %s', async (_, end, reason) => {
  const { viewer, listen, trail } = await setUp();
  await listen();
  end(viewer);
  end(viewer);
  viewer.close();
  expect(trail.slice(1)).toEqual([`amina heard 1 for 0 ms: ${reason}`]);
});
type Viewer = Awaited<ReturnType<typeof setUp>>['viewer'];

test('a browser that goes while it begins to listen is not left listening', async () => {
  const { viewer, listen, trail, asked, beforeAnswer } = await setUp();
  beforeAnswer((method) => {
    if (method === 'live.listen') viewer.close();
  });
  await expect(listen()).rejects.toEqual(coded('LIVE_SESSION_UNKNOWN'));
  expect(trail.slice(1)).toEqual(['amina heard 1 for 0 ms: connection-ended']);
  expect(asked.slice(-2)).toEqual(['live.close', 'live.leave']);
});

test('a sound alone makes its camera watched: a view that is closed ends it', async () => {
  const { viewer, listen } = await setUp();
  await listen();
  expect(viewer.watched()).toEqual([1]);
  expect(viewer.drop(new Set([1]))).toEqual(['t1']);
});
