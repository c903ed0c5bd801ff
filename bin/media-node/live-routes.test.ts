import { expect, test } from 'vitest';
import { LiveRoutes } from './live-routes.ts';

test('what a process had is forgotten with it, and only that', () => {
  const routes = new LiveRoutes();
  routes.addTransport('anna', 't0', 0);
  routes.addTransport('anna', 't1', 1);
  routes.addTransport('bilal', 't2', 1);
  routes.addConsumer('anna', 'c0', 0);
  routes.addConsumer('anna', 'c1', 1);
  expect(routes.removeSlot(1)).toEqual([
    { viewerId: 'anna', transportId: 't1' },
    { viewerId: 'bilal', transportId: 't2' },
  ]);
  expect(routes.removeSlot(1)).toEqual([]);
  expect(routes.slotOfTransport('anna', 't0')).toBe(0);
  expect(routes.slotOfConsumer('anna', 'c0')).toBe(0);
  expect(routes.slotOfTransport('anna', 't1')).toBeUndefined();
  expect(routes.slotOfConsumer('anna', 'c1')).toBeUndefined();
});

test('nobody reaches another viewer’s transports, and a viewer that left has none', () => {
  const routes = new LiveRoutes();
  routes.addTransport('anna', 't0', 0);
  expect(routes.slotOfTransport('bilal', 't0')).toBeUndefined();
  routes.addConsumer('anna', 'c0', 0);
  routes.removeTransport('anna', 't0');
  expect(routes.slotOfConsumer('anna', 'c0')).toBeUndefined();
});
