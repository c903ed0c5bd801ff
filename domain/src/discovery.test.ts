import { expect, test } from 'vitest';
import { discoveryBackOffMs, planDiscovery } from './discovery.ts';

test('a run begins with multicast and asks wide ranges in shuffled pieces, each once', () => {
  const chunks = planDiscovery(['10.4.0.0/16', '10.4.16.0/20', '192.0.2.7'], true, 42);
  expect(chunks[0]).toEqual({ kind: 'multicast' });
  const cidrs = chunks.flatMap((chunk) => (chunk.kind === 'sweep' ? [chunk.cidr] : []));
  expect(cidrs).toHaveLength(65);
  expect(new Set(cidrs).size).toBe(65);
  expect(cidrs).toContain('192.0.2.7/32');
  expect(cidrs).not.toEqual([...cidrs].sort());
  expect(planDiscovery(['10.4.0.0/16', '10.4.16.0/20', '192.0.2.7'], true, 42)).toEqual(chunks);
  expect(planDiscovery(['10.4.0.0/16', '10.4.16.0/20', '192.0.2.7'], true, 43)).not.toEqual(chunks);
});

test.each([
  '10.4.0.0/7',
  '10.4.0.0/33',
  '10.4.0',
  '224.0.0.0/24',
  '0.1.2.0/24',
  '300.1.1.1/24',
  '',
])('%j is refused', (cidr) => {
  expect(() => planDiscovery([cidr], false, 1)).toThrow(
    expect.objectContaining({ code: 'REQUEST_INVALID' }),
  );
});

test('more than the province four times over is refused', () => {
  expect(() => planDiscovery(['10.0.0.0/8'], false, 1)).toThrow('too wide');
});

test('failures are answered with patience that ends at half a minute', () => {
  expect([1, 2, 3, 9].map(discoveryBackOffMs)).toEqual([1_000, 2_000, 4_000, 30_000]);
});
