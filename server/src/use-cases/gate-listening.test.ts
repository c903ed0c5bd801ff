import { createManualClock } from '@nigehban/config/clock/clock.ts';
import { createLogger } from '@nigehban/config/log/logger.ts';
import { expect, test, vi } from 'vitest';
import type { Sql } from '../store/database.ts';
import { createListeningGate } from './gate-listening.ts';

const amina = { username: 'amina', role: 'supervisor', address: '192.0.2.7' } as const;
const bilal = { ...amina, username: 'bilal' } as const;

/** A gate on a database that can be away; `rows` is what the trail was given. */
function setUp() {
  const database = { isAway: false, policy: [] as readonly { value: object }[] };
  const rows: string[] = [];
  const answer = async (parts: TemplateStringsArray, ...values: readonly unknown[]) => {
    if (database.isAway) throw new Error('the database is away');
    if (parts.join('').includes('from setting')) return database.policy;
    const [, actor, , action, subject, details] = values;
    rows.push(`${actor} ${action} ${subject} ${JSON.stringify(details)}`);
    return [];
  };
  const clock = createManualClock();
  const gate = createListeningGate({
    sql: Object.assign(answer, { json: (value: unknown) => value }) as unknown as Sql,
    clock,
    log: createLogger('silent', 'test'),
    codeOf: (cameraId) => `C${cameraId}`,
  });
  return { gate, clock, database, rows };
}

const stop = (who: string, camera: string, seconds: number, reason = 'stopped') =>
  `${who} live.listen-stop ${camera} ${JSON.stringify({ seconds, reason })}`;

test('a begin that cannot be noted rejects', async () => {
  const { gate, database, rows } = setUp();
  await gate.began(amina, 1);
  expect(rows).toEqual(['amina live.listen-start C1 {}']);
  database.isAway = true;
  await expect(gate.began(amina, 1)).rejects.toThrow('away');
});

test('ends wait for a database that is away, and keep their order', async () => {
  const { gate, clock, database, rows } = setUp();
  database.isAway = true;
  gate.ended(amina, 1, 61_400, 'stopped');
  gate.ended(bilal, 2, 2_000, 'connection-ended');
  clock.advance(5_000);
  await vi.waitFor(() => expect(rows).toEqual([]), 10_000);
  database.isAway = false;
  await vi.waitFor(() => {
    clock.advance(5_000);
    expect(rows).toEqual([stop('amina', 'C1', 61), stop('bilal', 'C2', 2, 'connection-ended')]);
  }, 10_000);
  gate.ended(amina, 3, 1_000, 'stopped');
  await vi.waitFor(() => expect(rows.at(-1)).toBe(stop('amina', 'C3', 1)), 10_000);
});

test('a server that stops writes what it still has, and does not wait for ever', async () => {
  const { gate, database, rows } = setUp();
  database.isAway = true;
  gate.ended(amina, 1, 1_000, 'connection-ended');
  database.isAway = false;
  await gate.stop();
  expect(rows).toEqual([stop('amina', 'C1', 1, 'connection-ended')]);

  const away = setUp();
  away.database.isAway = true;
  away.gate.ended(amina, 1, 1_000, 'stopped');
  await away.gate.stop();
  expect(away.rows).toEqual([]);
});

test('the policy is asked each time', async () => {
  const { gate, database } = setUp();
  await expect(gate.require('operator')).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
  database.policy = [{ value: { operatorsListen: true } }];
  await expect(gate.require('operator')).resolves.toBeUndefined();
  await expect(gate.require('technician')).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
});
