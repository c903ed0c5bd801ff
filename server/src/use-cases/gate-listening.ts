import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { Logger } from '@nigehban/config/log/logger.ts';
import type { CameraId } from '@nigehban/domain/camera.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import { mayListen } from '@nigehban/domain/live-sound.ts';
import { type AuditEntry, addAudit } from '../store/audit-store.ts';
import type { Sql } from '../store/database.ts';
import { readListeningPolicy } from '../store/listening-store.ts';
import type { Listener, ListeningGate } from './live-sounds.ts';

const tryAgainAfterMs = 5_000;
/** Ends that wait for a database that is away. */
const mostWaiting = 10_000;

/**
 * Asks the policy each time and notes who listens to what. Nobody hears anything that the trail does
 * not have: while the database is away nobody begins. An end waits for it.
 */
export function createListeningGate(options: {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly log: Logger;
  readonly codeOf: (cameraId: CameraId) => string | null;
}): ListeningGate & { stop(): Promise<void> } {
  const { sql, clock, log } = options;
  const waiting: { readonly entry: AuditEntry; readonly atMs: number }[] = [];
  let cancel: (() => void) | null = null;
  let writing: Promise<void> | null = null;
  let stopped = false;

  const entryOf = (listener: Listener, cameraId: CameraId, action: string) => ({
    actor: listener.username,
    address: listener.address,
    action,
    subject: options.codeOf(cameraId) ?? String(cameraId),
  });

  const write = async () => {
    try {
      for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
        await addAudit(sql, next.entry, next.atMs);
        waiting.shift();
      }
    } catch (error) {
      log.warn({ err: error, waiting: waiting.length }, 'ends of listening wait for the trail');
      if (stopped) return;
      cancel = clock.after(tryAgainAfterMs, () => {
        cancel = null;
        flush();
      });
    }
  };
  const flush = () => {
    if (stopped || writing !== null || cancel !== null || waiting.length === 0) return;
    writing = write().finally(() => {
      writing = null;
      flush();
    });
  };

  return {
    async require(role) {
      if (mayListen(role, await readListeningPolicy(sql))) return;
      throw new Fault('PERMISSION_DENIED', `The role ${role} may not do live.listen`, {
        details: { action: 'live.listen' },
      });
    },
    async began(listener, cameraId) {
      const entry = entryOf(listener, cameraId, 'live.listen-start');
      await addAudit(sql, entry, clock.nowMs());
    },
    ended(listener, cameraId, heardForMs, reason) {
      const atMs = clock.nowMs();
      const seconds = Math.round(heardForMs / 1_000);
      if (waiting.length >= mostWaiting) {
        log.error(
          { username: listener.username, cameraId, seconds },
          'an end of listening is lost',
        );
        return;
      }
      const entry = entryOf(listener, cameraId, 'live.listen-stop');
      waiting.push({ entry: { ...entry, details: { seconds, reason } }, atMs });
      flush();
    },
    /** Writes what waits, once more, and waits for it no longer. */
    async stop() {
      stopped = true;
      cancel?.();
      await writing;
      if (waiting.length > 0) await write();
    },
  };
}
