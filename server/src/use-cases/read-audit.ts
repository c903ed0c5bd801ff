import { createHash } from 'node:crypto';
import type { AuditChain, AuditDefect, AuditPage } from '@nigehban/domain/api/audit-types.ts';
import { readAuditHead, readAuditLinks, readUnlinkedAudit } from '../store/audit-chain-store.ts';
import { type AuditFilter, readAudit } from '../store/audit-store.ts';
import type { Queryable, Sql } from '../store/database.ts';

const mostDefects = 20;
const firstHash = Buffer.alloc(32);

export async function readAuditPage(sql: Queryable, filter: AuditFilter): Promise<AuditPage> {
  const rows = await readAudit(sql, { ...filter, limit: filter.limit + 1 });
  const page = rows.slice(0, filter.limit);
  return { rows: page, nextBefore: rows.length > page.length ? (page.at(-1)?.id ?? null) : null };
}

/**
 * Holds every row of the audit trail against its hash, and every hash against the one before. With
 * `expectedHead`, a hash that was noted earlier, rows may have come since, none may have gone.
 */
export async function verifyAudit(
  sql: Sql,
  nowMs: number,
  expectedHead: string | null = null,
): Promise<AuditChain> {
  const defects: { id: number; kind: AuditDefect; atMs: number | null }[] = [];
  const blame = (id: number, kind: AuditDefect, atMs: number | null) => {
    if (defects.length < mostDefects) defects.push({ id, kind, atMs });
  };
  // Read first: what is added meanwhile comes after it.
  const head = await readAuditHead(sql);
  let before: Buffer = firstHash;
  let sequence = 0;
  let rows = 0;
  let firstAtMs: number | null = null;
  let lastAtMs: number | null = null;
  let lastId = 0;
  let expectedSeen = expectedHead === null;
  for await (const links of readAuditLinks(sql)) {
    for (const link of links) {
      if (link.sequence !== sequence + 1) blame(link.auditId, 'removed', link.atMs);
      if (link.text === null) blame(link.auditId, 'removed', null);
      else {
        const hash = createHash('sha256').update(before).update(link.text).digest();
        // After a hole the hash before is missing: that was told.
        if (!hash.equals(link.hash) && link.sequence === sequence + 1) {
          blame(link.auditId, 'changed', link.atMs);
        }
      }
      before = link.hash;
      sequence = link.sequence;
      rows += 1;
      firstAtMs ??= link.atMs;
      lastAtMs = link.atMs ?? lastAtMs;
      lastId = link.auditId;
      if (head !== null && link.sequence === head.sequence && !link.hash.equals(head.hash)) {
        blame(link.auditId, 'changed', link.atMs);
      }
      if (expectedHead === link.hash.toString('hex')) expectedSeen = true;
    }
  }
  for (const { id, atMs } of await readUnlinkedAudit(sql, mostDefects)) blame(id, 'changed', atMs);
  if (head === null || head.sequence > sequence || !expectedSeen)
    blame(lastId, 'cut-off', lastAtMs);
  return {
    intact: defects.length === 0,
    rows,
    firstAtMs,
    lastAtMs,
    head: rows === 0 ? null : before.toString('hex'),
    checkedAtMs: nowMs,
    defects,
  };
}

/** Checks at most once in `forMs`, whoever asks: a long trail takes seconds. */
export function createAuditCheck(
  sql: Sql,
  options: { readonly forMs: number; readonly nowMs: () => number },
): () => Promise<AuditChain> {
  let last: { readonly atMs: number; readonly chain: Promise<AuditChain> } | null = null;
  return async () => {
    const atMs = options.nowMs();
    if (last === null || atMs - last.atMs >= options.forMs) {
      const chain = verifyAudit(sql, atMs);
      last = { atMs, chain };
      chain.catch(() => {
        last = null;
      });
    }
    return await last.chain;
  };
}
