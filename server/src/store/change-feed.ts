import type { CameraId } from '@nigehban/domain/camera.ts';
import { type Queryable, type Sql, toJson } from './database.ts';
import type { RefusalChange } from './refusal-store.ts';

/** What changed in the database, told to every server process when the transaction commits. */
export type Change =
  | { readonly topic: 'cameras'; readonly ids: readonly CameraId[] }
  | { readonly topic: 'stations'; readonly ids: readonly number[] }
  | { readonly topic: 'alerts'; readonly ids: readonly number[] }
  | { readonly topic: 'incidents'; readonly ids: readonly number[] }
  /** The poll-phase clock was set anew, or districts entered a phase. */
  | { readonly topic: 'phases' }
  /** Spans of expected darkness were added, changed or cancelled. */
  | { readonly topic: 'expected-dark' }
  /** A notice for the open consoles of one user. */
  | {
      readonly topic: 'notice';
      readonly username: string;
      readonly id: string;
      readonly subject: string;
      readonly text: string;
    }
  /** Something waits in the outbox. */
  | { readonly topic: 'outbox' }
  /** Stations, cameras, streams or assignments to nodes changed. */
  | { readonly topic: 'plan' }
  /** Who may listen to live sound. */
  | { readonly topic: 'listening' }
  /** A legal hold was placed or released. */
  | { readonly topic: 'holds' }
  /** Cameras refused passwords, or took them again, as the process `by` noticed. */
  | {
      readonly topic: 'refusals';
      readonly by: string;
      readonly refusals: readonly RefusalChange[];
    }
  /** The feed itself was broken for a while: anything may have changed. */
  | { readonly topic: 'resumed' };

const channel = 'nigehban_change';
/** A payload holds 8,000 bytes (PostgreSQL, NOTIFY); ids have up to 10 digits. */
const idsPerNotice = 600;

/** Announces with the transaction: nobody hears of what is rolled back. */
export async function announce(sql: Queryable, change: Change): Promise<void> {
  await announceAll(sql, [change]);
}

/** Several changes in one statement. */
export async function announceAll(sql: Queryable, changes: readonly Change[]): Promise<void> {
  const notices = changes.flatMap((change): Change[] => {
    if (!('ids' in change)) return [change];
    return Array.from({ length: Math.ceil(change.ids.length / idsPerNotice) }, (_, index) => ({
      ...change,
      ids: change.ids.slice(index * idsPerNotice, (index + 1) * idsPerNotice),
    }));
  });
  if (notices.length === 0) return;
  await sql`
    select pg_notify(${channel}, notice::text)
    from jsonb_array_elements(${sql.json(toJson(notices))}) as notice`;
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
