import { expect, test } from 'vitest';
import { parseFaults } from './faults.ts';

test('orders are nothing, one fault, its bare name, or several', () => {
  expect(parseFaults(null)).toEqual([]);
  expect(parseFaults('unplugged')).toEqual([{ kind: 'unplugged' }]);
  expect(parseFaults({ kind: 'packet-loss', ratio: 0.1 })).toEqual([
    { kind: 'packet-loss', ratio: 0.1 },
  ]);
  expect(parseFaults(['silent', { kind: 'clock-offset', offsetMs: -5 }])).toHaveLength(2);
});

test.each([
  [{ kind: 'on-fire' }, /no such fault/],
  [{ kind: 'packet-loss' }, /number "ratio"/],
  [{ kind: 'packet-loss', ratio: 2 }, /from 0 to 1/],
  [{ kind: 'slow-xml', bytesPerSecond: 0 }, /above 0/],
  [{ kind: 'clock-offset', offsetMs: 'x' }, /number "offsetMs"/],
  [7, /is an object/],
])('%j is refused', (order, reason) => {
  expect(() => parseFaults(order)).toThrow(reason);
});
