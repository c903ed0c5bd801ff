import { EventEmitter } from 'node:events';
import { createManualClock } from '@nigehban/config/clock/clock.ts';
import type { LinkUp } from '@nigehban/domain/link-messages.ts';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { heartbeatEveryMs, serveNodeSocket } from './node-connection.ts';

/** The server's end of a link, and a node that answers pings while it is alive. */
function link() {
  const clock = createManualClock();
  const log: string[] = [];
  let alive = true;
  const socket = Object.assign(new EventEmitter(), {
    readyState: WebSocket.OPEN as number,
    bufferedAmount: 0,
    send(text: string) {
      const { type } = JSON.parse(text) as { type: string };
      if (type === 'ping' && alive) say({ type: 'pong' });
    },
    close() {},
    terminate() {
      log.push('terminated');
      socket.readyState = WebSocket.CLOSED;
      socket.emit('close');
    },
  });
  const say = (message: LinkUp) => socket.emit('message', JSON.stringify(message), false);
  serveNodeSocket(socket as unknown as WebSocket, () => {}, clock, {
    linked: () => log.push('linked'),
    facts: () => {},
    unlinked: () => log.push('unlinked'),
  });
  say({
    ...{ type: 'hello', role: 'media', nodeId: 'n1', version: '0', startedAtMs: 1 },
    ...{ footageUrl: null, snapshot: [] },
  });
  return {
    ...{ clock, log },
    die() {
      alive = false;
    },
  };
}

test('a wall clock that is set, however far and to either side, drops no link', () => {
  const { clock, log } = link();
  for (const byMs of [16_000, 86_400_000, -3_600_000, 15_001]) {
    clock.step(byMs);
    clock.advance(heartbeatEveryMs);
  }
  expect(log).toEqual(['linked']);
});

test('a node that answers no ping is gone after three of them, also while the clock is set back', () => {
  const { clock, log, die } = link();
  clock.advance(heartbeatEveryMs);
  die();
  clock.step(-3_600_000);
  clock.advance(3 * heartbeatEveryMs);
  expect(log).toEqual(['linked']);
  clock.advance(heartbeatEveryMs);
  expect(log).toEqual(['linked', 'terminated', 'unlinked']);
});
