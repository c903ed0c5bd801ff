import { createLogger } from '@nigehban/config/log/logger.ts';
import type { Settings } from '@nigehban/config/settings/settings.ts';
import { openDatabase } from '@nigehban/server/store/database.ts';
import { verifyAudit } from '@nigehban/server/use-cases/read-audit.ts';
import { provideDatabases } from '../databases.ts';
import { createStoppables } from '../stoppables.ts';

/**
 * Checks the chain of the audit trail, and that a hash that was noted earlier is still in it. True when
 * nothing was changed or taken out.
 */
export async function runVerifyAudit(
  settings: Settings,
  head: string | undefined,
  say: (line: string) => void,
): Promise<boolean> {
  const parts = createStoppables();
  try {
    const log = createLogger('error', 'verify-audit');
    const { databaseUrl } = await provideDatabases(
      { ...settings, redisUrl: settings.redisUrl ?? 'redis://127.0.0.1' },
      log,
      parts,
      say,
    );
    const sql = openDatabase(databaseUrl, { maxConnections: 1 });
    parts.add({ stop: () => sql.end({ timeout: 5 }) });
    const chain = await verifyAudit(sql, Date.now(), head ?? null);
    for (const { id, kind, atMs } of chain.defects) {
      say(`row ${id}: ${kind}${atMs === null ? '' : `, ${new Date(atMs).toISOString()}`}`);
    }
    say(`${chain.rows} rows, newest hash ${chain.head ?? 'none'}`);
    say(chain.intact ? 'The audit trail is intact.' : 'The audit trail is NOT intact.');
    return chain.intact;
  } finally {
    await parts.stop();
  }
}
