import type { SecretKey } from '@nigehban/config/secrets/key-ring.ts';
import { seal } from '@nigehban/config/secrets/sealed-box.ts';
import type { RecipientBody, RecipientView } from '@nigehban/domain/api/notice-types.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import { checkTarget, hintOf } from '../notify/targets.ts';
import { addAudit } from '../store/audit-store.ts';
import type { Queryable, Sql } from '../store/database.ts';
import { districtExists, divisionExists } from '../store/district-store.ts';
import { readRecipientStanding } from '../store/message-store.ts';
import {
  insertRecipient,
  type RecipientFields,
  readRecipients,
  readShifts,
  removeRecipient,
  replaceShifts,
  updateRecipient,
} from '../store/recipient-store.ts';
import { targetContext } from './send-notices.ts';

export interface ManagingPerson {
  readonly username: string;
  readonly address: string;
}

/** All recipients, targets unseen. */
export async function listRecipients(
  sql: Queryable,
  nowMs: number,
  id?: number,
): Promise<readonly RecipientView[]> {
  const rows = await readRecipients(sql, id);
  const shifts = await readShifts(sql, nowMs);
  const standing = await readRecipientStanding(sql);
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    channel: row.channel,
    targetHint: row.targetHint,
    language: row.language,
    level: row.level,
    districtCode: row.districtCode,
    division: row.division,
    minSeverity: row.minSeverity,
    quiet:
      row.quietFromMinute === null || row.quietToMinute === null
        ? null
        : { fromMinute: row.quietFromMinute, toMinute: row.quietToMinute },
    limitMessages: row.limitMessages,
    limitWindowMs: row.limitWindowMs,
    enabled: row.enabled,
    shifts: shifts
      .filter((shift) => shift.recipientId === row.id)
      .map(({ fromMs, toMs }) => ({ fromMs, toMs })),
    waiting: standing.get(row.id)?.waiting ?? 0,
    lastSentAtMs: standing.get(row.id)?.lastSentAtMs ?? null,
    lastFault: standing.get(row.id)?.lastFault ?? null,
  }));
}

/**
 * Makes a recipient (`id` null) or changes one. @throws Fault REQUEST_INVALID when target, territory or
 * shifts do not fit; NOT_FOUND
 */
export async function saveRecipient(
  ports: { readonly sql: Sql; readonly secretKey: SecretKey },
  given: { readonly id: number | null; readonly body: RecipientBody },
  person: ManagingPerson,
  nowMs: number,
): Promise<RecipientView> {
  const { id, body } = given;
  return await ports.sql.begin(async (tx) => {
    const former = id === null ? undefined : (await readRecipients(tx, id))[0];
    if (id !== null && former === undefined) throw new Fault('NOT_FOUND', `No recipient ${id}`);
    await checkBody(tx, body);
    if (body.target === null && former?.channel !== body.channel) {
      throw new Fault('REQUEST_INVALID', 'target is missing');
    }
    const fields: RecipientFields = {
      name: body.name.trim(),
      channel: body.channel,
      target:
        body.target === null || body.target.kind === 'push'
          ? null
          : seal(ports.secretKey, JSON.stringify(body.target), targetContext),
      targetHint: body.target === null ? (former?.targetHint ?? '') : hintOf(body.target),
      username:
        body.target?.kind === 'push'
          ? body.target.username.trim().toLowerCase()
          : (former?.username ?? null),
      language: body.language,
      level: body.level,
      districtCode: body.level === 'district' ? body.districtCode : null,
      division: body.level === 'division' ? body.division : null,
      minSeverity: body.minSeverity,
      quietFromMinute: body.quiet?.fromMinute ?? null,
      quietToMinute: body.quiet?.toMinute ?? null,
      limitMessages: body.limitMessages,
      limitWindowMs: body.limitWindowMs,
      enabled: body.enabled,
    };
    const saved = id ?? (await insertRecipient(tx, fields, nowMs));
    if (id !== null) await updateRecipient(tx, id, fields);
    await replaceShifts(tx, saved, body.shifts, nowMs);
    await addAudit(
      tx,
      {
        actor: person.username,
        address: person.address,
        action: id === null ? 'notice.recipient-add' : 'notice.recipient-change',
        subject: String(saved),
        details: { name: fields.name, channel: fields.channel, target: fields.targetHint },
      },
      nowMs,
    );
    const [view] = await listRecipients(tx, nowMs, saved);
    if (view === undefined) throw new Fault('NOT_FOUND', `No recipient ${saved}`);
    return view;
  });
}

/** Takes a recipient out; what waits for it is dropped. @throws Fault NOT_FOUND */
export async function takeOutRecipient(
  sql: Sql,
  id: number,
  person: ManagingPerson,
  nowMs: number,
): Promise<void> {
  await sql.begin(async (tx) => {
    if (!(await removeRecipient(tx, id, nowMs))) {
      throw new Fault('NOT_FOUND', `No recipient ${id}`);
    }
    const action = 'notice.recipient-remove';
    const { username: actor, address } = person;
    await addAudit(tx, { actor, address, action, subject: String(id) }, nowMs);
  });
}

async function checkBody(sql: Queryable, body: RecipientBody): Promise<void> {
  if (body.target !== null) {
    if (body.target.kind !== body.channel) {
      throw new Fault('REQUEST_INVALID', `target is not one of the channel ${body.channel}`);
    }
    checkTarget(body.target);
  }
  if (body.level === 'district' && !(await districtExists(sql, body.districtCode ?? ''))) {
    throw new Fault('REQUEST_INVALID', 'districtCode names no district');
  }
  if (body.level === 'division' && !(await divisionExists(sql, body.division ?? ''))) {
    throw new Fault('REQUEST_INVALID', 'division names no division');
  }
  const wrong = body.shifts.findIndex(({ fromMs, toMs }) => toMs <= fromMs);
  if (wrong >= 0) throw new Fault('REQUEST_INVALID', `shifts[${wrong}] ends before it begins`);
}
