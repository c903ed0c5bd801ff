import type { CameraId } from '@nigehban/domain/camera.ts';
import { expect, test } from 'vitest';
import { orderOf, watch } from '../sweep/testing/watch-fixtures.ts';
import { shardOf } from './plan-shards.ts';
import type { ShardLeases, ShardListener } from './shard-leases.ts';
import { createWatchDuty } from './watch-duty.ts';

function scriptedLeases() {
  const held = new Set<number>();
  const listeners: ShardListener[] = [];
  const leases: ShardLeases = {
    holds: (shard) => held.has(shard),
    heldCount: () => held.size,
    onChange: (listener) => listeners.push(listener),
    stop: async () => {},
  };
  return {
    leases,
    take(shard: number, unheldForMs: number | null) {
      held.add(shard);
      for (const tell of listeners) tell({ taken: [{ shard, unheldForMs }], lost: [] });
    },
    lose(shard: number) {
      held.delete(shard);
      for (const tell of listeners) tell({ taken: [], lost: [shard] });
    },
  };
}

test('duties follow orders and leases, and siblings stay together', () => {
  const script = scriptedLeases();
  const duty = createWatchDuty(script.leases);
  const log: string[] = [];
  duty.listen({
    onChange: (begun, ended) => {
      const names = begun.map(({ order, unheldForMs }) => `+${order.cameraId}@${unheldForMs}`);
      log.push([...names, ...ended.map((cameraId: CameraId) => `-${cameraId}`)].join(' '));
    },
  });
  const [one, two, three] = [orderOf(1), orderOf(2), orderOf(3)];
  const other = orderOf(100);
  duty.accept(watch([one, two, other]));
  expect(log).toEqual([]);
  script.take(shardOf(one.stationId), 9_100);
  expect(log.splice(0)).toEqual(['+1@9100 +2@9100']);
  expect([duty.holds(1), duty.holds(100), duty.holds(999)]).toEqual([true, false, false]);
  duty.accept({ type: 'watch-change', version: 2, upsert: [three, one], remove: [2, 100] });
  expect(log.splice(0)).toEqual(['+3@null -2']);
  duty.accept(watch([one, three]));
  expect(log).toEqual([]);
  duty.accept(watch([{ ...one, stationId: other.stationId }, three]));
  expect(log.splice(0)).toEqual(['-1']);
  script.lose(shardOf(three.stationId));
  expect(log.splice(0)).toEqual(['-3']);
  expect(duty.book().orders.size).toBe(2);
});

test('who listens late is told what is held', () => {
  const script = scriptedLeases();
  const duty = createWatchDuty(script.leases);
  duty.accept(watch([orderOf(1)], 5_000));
  script.take(shardOf(0), 3);
  const seen: unknown[] = [];
  duty.listen({
    onPolicy: (policy) => seen.push(policy.sweepEveryMs),
    onChange: (begun) => seen.push(...begun.map(({ unheldForMs }) => unheldForMs)),
  });
  expect(seen).toEqual([5_000, null]);
});
