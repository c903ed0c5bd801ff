import { expect, test } from 'vitest';
import { planListenIps } from './listen-addresses.ts';

const own = [
  { address: '127.0.0.1', internal: true },
  { address: '192.0.2.10', internal: false },
];

test('a console on loopback needs no more than loopback', () => {
  expect(planListenIps([], '127.0.0.1', own)).toEqual([{ ip: '127.0.0.1' }]);
});

test('an open console is reached on every own address', () => {
  expect(planListenIps([], '0.0.0.0', own)).toEqual([{ ip: '127.0.0.1' }, { ip: '192.0.2.10' }]);
});

test('an own address is listened on, a foreign one announced', () => {
  expect(planListenIps(['192.0.2.10'], '0.0.0.0', own)).toEqual([{ ip: '192.0.2.10' }]);
  expect(planListenIps(['203.0.113.5'], '0.0.0.0', own)).toEqual([
    { ip: '192.0.2.10', announcedAddress: '203.0.113.5' },
  ]);
  expect(planListenIps(['203.0.113.5'], '0.0.0.0', own.slice(0, 1))).toEqual([
    { ip: '0.0.0.0', announcedAddress: '203.0.113.5' },
  ]);
});
