import type { CameraId } from '@nigehban/domain/camera.ts';
import { type Queryable, type Sql, toJson } from './database.ts';

/** What changed in the database, told to every server process when the transaction commits. */
export type Change =
  | { readonly topic: 'cameras'; readonly ids: readonly CameraId[] }
  | { readonly topic: 'alert'; readonly id: number }
  /** Something waits in the outbox. */
  | { readonly topic: 'outbox' }
  /** Stations, cameras, streams or assignments to nodes changed. */
  | { readonly topic: 'plan' }
  /** A legal hold was placed or released. */
  | { readonly topic: 'holds' }
  /** The feed itself was broken for a while: anything may have changed. */
  | { readonly topic: 'resumed' };

const channel = 'nigehban_change';
/** A payload holds 8,000 bytes (PostgreSQL, NOTIFY); ids have up to 10 digits. */
const idsPerNotice = 600;

/** Announces with the transaction: nobody hears of what is rolled back. */
export async function announce(sql: Queryable, change: Change): Promise<void> {
  const parts: Change[] =
    change.topic === 'cameras'
      ? Array.from({ length: Math.ceil(change.ids.length / idsPerNotice) }, (_, index) => ({
          topic: 'cameras',
          ids: change.ids.slice(index * idsPerNotice, (index + 1) * idsPerNotice),
        }))
      : [change];
  for (const part of parts) {
    await sql`select pg_notify(${channel}, ${sql.json(toJson(part))}::jsonb::text)`;
  }
}

/** Follows the changes on a connection of its own, also after it broke. Returns how to stop. */
export async function followChanges(
  sql: Sql,
  onChange: (change: Change) => void,
): Promise<() => Promise<void>> {
  let first = true;
  const listening = await sql.listen(
    channel,
    (payload) => onChange(JSON.parse(payload) as Change),
    () => {
      if (!first) onChange({ topic: 'resumed' });
      first = false;
    },
  );
  return () => listening.unlisten();
}
