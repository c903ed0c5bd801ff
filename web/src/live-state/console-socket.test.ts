import { expect, test } from 'vitest';
import { backoffDelayMs } from './backoff.ts';
import { ConsoleSocket, type SocketLike } from './console-socket.ts';

interface Timer {
  readonly run: () => void;
  readonly delayMs: number;
}

function setUp() {
  const opened: (SocketLike & { readonly sent: string[]; closed: boolean })[] = [];
  const timers = new Set<Timer>();
  const socket = new ConsoleSocket({
    open: () => {
      const fake = {
        sent: [] as string[],
        closed: false,
        onopen: null,
        onmessage: null,
        onclose: null,
        send(text: string) {
          fake.sent.push(text);
        },
        close() {
          fake.closed = true;
        },
      };
      opened.push(fake);
      return fake;
    },
    random: () => 0.5,
    setTimer: (run, delayMs) => {
      const timer = { run, delayMs };
      timers.add(timer);
      return timer;
    },
    clearTimer: (timer) => timers.delete(timer as Timer),
  });
  const last = () => {
    const socketNow = opened.at(-1);
    if (socketNow === undefined) throw new Error('nothing was opened');
    return socketNow;
  };
  const receive = (message: object): void => last().onmessage?.({ data: JSON.stringify(message) });
  /** Runs the only timer that has this delay. */
  const fire = (delayMs: number): void => {
    const timer = [...timers].find((candidate) => candidate.delayMs === delayMs);
    if (timer === undefined) throw new Error(`no timer of ${delayMs} ms`);
    timers.delete(timer);
    timer.run();
  };
  return { socket, opened, last, receive, fire, timers };
}

test('waits double from 0.5 s to 15 s and are drawn from the upper half', () => {
  expect([0, 1, 2, 3, 4, 5, 9].map((attempt) => backoffDelayMs(attempt, 0.999_999))).toEqual([
    500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000,
  ]);
  expect(backoffDelayMs(0, 0)).toBe(250);
});

test('is open only when the server has welcomed it, and comes back after a break', () => {
  const { socket, opened, last, receive, fire } = setUp();
  socket.start();
  expect(socket.state).toBe('connecting');
  receive({ type: 'welcome', seq: 1, nowMs: 0 });
  expect(socket.state).toBe('open');
  last().onclose?.({ code: 1006 });
  expect(socket.state).toBe('lost');
  fire(backoffDelayMs(0, 0.5));
  expect(opened).toHaveLength(2);
  last().onclose?.({ code: 1006 });
  fire(backoffDelayMs(1, 0.5));
  receive({ type: 'welcome', seq: 1, nowMs: 0 });
  expect(socket.state).toBe('open');
  last().onclose?.({ code: 1006 });
  // After a welcome the waits begin at the shortest again.
  fire(backoffDelayMs(0, 0.5));
  expect(opened).toHaveLength(4);
});

test('a connection that goes quiet counts as lost', () => {
  const { socket, last, receive, fire } = setUp();
  socket.start();
  receive({ type: 'welcome', seq: 1, nowMs: 0 });
  const quiet = last();
  fire(13_000);
  expect(socket.state).toBe('lost');
  expect(quiet.closed).toBe(true);
});

test('signed out by the server, it does not come back', () => {
  const { socket, last, receive, timers } = setUp();
  socket.start();
  receive({ type: 'welcome', seq: 1, nowMs: 0 });
  last().onclose?.({ code: 4401 });
  expect(socket.state).toBe('closed');
  expect(timers.size).toBe(0);
});

test('answers reach their requests; faults reject; a break rejects what is open', async () => {
  const { socket, last, receive } = setUp();
  socket.start();
  receive({ type: 'welcome', seq: 1, nowMs: 0 });
  const params = { cameraId: 1, quality: 'sub' } as const;
  const first = socket.request('live.join', params);
  const second = socket.request('live.join', params);
  const third = socket.request('live.join', params);
  const ids = last().sent.map((text) => JSON.parse(text).id as number);
  receive({ type: 'reply', id: ids[1], result: { transportId: 'second' } });
  receive({ type: 'reply', id: ids[0], fault: { code: 'LIVE_UNAVAILABLE', message: 'no' } });
  await expect(second).resolves.toEqual({ transportId: 'second' });
  await expect(first).rejects.toMatchObject({ code: 'LIVE_UNAVAILABLE' });
  last().onclose?.({ code: 1006 });
  await expect(third).rejects.toMatchObject({ code: 'SERVER_UNREACHABLE' });
  await expect(socket.request('live.join', params)).rejects.toMatchObject({
    code: 'SERVER_UNREACHABLE',
  });
});
