import type { EscalationLevel, Severity } from '@nigehban/domain/notice-occasion.ts';
import type { RecipientRule } from '@nigehban/domain/notice-routing.ts';
import type { NoticeLanguage } from '@nigehban/domain/notice-text.ts';
import type { ChannelKind } from '@nigehban/domain/notification.ts';
import type { Queryable } from './database.ts';

/** A recipient as it is stored; the target stays sealed. */
export interface RecipientRow {
  readonly id: number;
  readonly name: string;
  readonly channel: ChannelKind;
  readonly target: Buffer | null;
  readonly targetHint: string;
  readonly username: string | null;
  readonly language: NoticeLanguage;
  readonly level: EscalationLevel;
  readonly districtCode: string | null;
  readonly division: string | null;
  readonly minSeverity: Severity;
  readonly quietFromMinute: number | null;
  readonly quietToMinute: number | null;
  readonly limitMessages: number;
  readonly limitWindowMs: number;
  readonly enabled: boolean;
}

export type RecipientFields = Omit<RecipientRow, 'id'>;

export interface ShiftRow {
  readonly recipientId: number;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Recipients that were not removed, in the order of their names. */
export async function readRecipients(
  sql: Queryable,
  id?: number,
): Promise<readonly RecipientRow[]> {
  return await sql<RecipientRow[]>`
    select id, name, channel, target, target_hint, username, language, level, district_code,
      division, min_severity, quiet_from_minute, quiet_to_minute, limit_messages, limit_window_ms,
      enabled
    from notice_recipient
    where removed_at is null ${id === undefined ? sql`` : sql`and id = ${id}`}
    order by name, id`;
}

export async function insertRecipient(
  sql: Queryable,
  fields: RecipientFields,
  nowMs: number,
): Promise<number> {
  const [row] = await sql<{ id: number }[]>`
    insert into notice_recipient (name, channel, target, target_hint, username, language, level,
      district_code, division, min_severity, quiet_from_minute, quiet_to_minute, limit_messages,
      limit_window_ms, enabled, created_at)
    values (${fields.name}, ${fields.channel}, ${fields.target}, ${fields.targetHint},
      ${fields.username}, ${fields.language}, ${fields.level}, ${fields.districtCode},
      ${fields.division}, ${fields.minSeverity}, ${fields.quietFromMinute},
      ${fields.quietToMinute}, ${fields.limitMessages}, ${fields.limitWindowMs},
      ${fields.enabled}, ${nowMs})
    returning id`;
  if (row === undefined) throw new Error('insert into notice_recipient returned no row');
  return row.id;
}

/** Changes a recipient; a null target keeps the former one. False when there is none. */
export async function updateRecipient(
  sql: Queryable,
  id: number,
  fields: RecipientFields,
): Promise<boolean> {
  const rows = await sql`
    update notice_recipient set name = ${fields.name}, channel = ${fields.channel},
      target = coalesce(${fields.target}, target), target_hint = ${fields.targetHint},
      username = ${fields.username}, language = ${fields.language}, level = ${fields.level},
      district_code = ${fields.districtCode}, division = ${fields.division},
      min_severity = ${fields.minSeverity}, quiet_from_minute = ${fields.quietFromMinute},
      quiet_to_minute = ${fields.quietToMinute}, limit_messages = ${fields.limitMessages},
      limit_window_ms = ${fields.limitWindowMs}, enabled = ${fields.enabled}
    where id = ${id} and removed_at is null returning id`;
  return rows.length > 0;
}

/** Removes a recipient; what it was told stays known, what waits for it is dropped. */
export async function removeRecipient(sql: Queryable, id: number, nowMs: number): Promise<boolean> {
  const rows = await sql`
    update notice_recipient set removed_at = ${nowMs}, enabled = false, target = null
    where id = ${id} and removed_at is null returning id`;
  await sql`
    update notice set dropped_at = ${nowMs}
    where recipient_id = ${id} and message_id is null and dropped_at is null`;
  await sql`
    update notice_message set state = 'dead', finished_at = ${nowMs}, reason = 'recipient removed'
    where recipient_id = ${id} and state = 'waiting'`;
  return rows.length > 0;
}

/** Shifts that are not over. */
export async function readShifts(sql: Queryable, nowMs: number): Promise<readonly ShiftRow[]> {
  return await sql<ShiftRow[]>`
    select recipient_id, starts_at as from_ms, ends_at as to_ms from notice_shift
    where ends_at > ${nowMs} order by recipient_id, starts_at`;
}

/** Puts a recipient's coming shifts in the place of those that are not over. */
export async function replaceShifts(
  sql: Queryable,
  recipientId: number,
  shifts: readonly { readonly fromMs: number; readonly toMs: number }[],
  nowMs: number,
): Promise<void> {
  await sql`delete from notice_shift where recipient_id = ${recipientId} and ends_at > ${nowMs}`;
  for (const { fromMs, toMs } of shifts) {
    await sql`insert into notice_shift (recipient_id, starts_at, ends_at)
      values (${recipientId}, ${fromMs}, ${toMs})`;
  }
}

/** The rules that routing decides by. */
export async function readRules(sql: Queryable, nowMs: number): Promise<readonly RecipientRule[]> {
  const [recipients, shifts] = [await readRecipients(sql), await readShifts(sql, nowMs)];
  const ever = await sql<{ recipientId: number }[]>`
    select distinct recipient_id from notice_shift`;
  const rostered = new Set(ever.map((row) => row.recipientId));
  return recipients.map((row) => ({
    id: row.id,
    enabled: row.enabled,
    level: row.level,
    districtCode: row.districtCode,
    division: row.division,
    minSeverity: row.minSeverity,
    quiet:
      row.quietFromMinute === null || row.quietToMinute === null
        ? null
        : { fromMinute: row.quietFromMinute, toMinute: row.quietToMinute },
    shifts: rostered.has(row.id)
      ? [
          ...shifts.filter((shift) => shift.recipientId === row.id),
          // A roster that ran out is not the same as none.
          { fromMs: 0, toMs: 0 },
        ]
      : [],
  }));
}
