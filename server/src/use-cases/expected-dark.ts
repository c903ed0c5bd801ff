import type { ExpectedDarkBody, ExpectedDarkView } from '@nigehban/domain/api/alert-types.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import { addAudit } from '../store/audit-store.ts';
import { announce } from '../store/change-feed.ts';
import type { Queryable, Sql } from '../store/database.ts';
import {
  cancelExpectedDark,
  insertExpectedDark,
  readExpectedDark,
  scopeExists,
  updateExpectedDark,
} from '../store/expected-dark-store.ts';
import type { ActingPerson } from './alert-life.ts';

/** Longer ones are a mistake: what is dark for so long belongs out of the plan. */
const longestMs = 31 * 86_400_000;

/** Announces darkness. @throws Fault REQUEST_INVALID for a span or scope that cannot be */
export async function addExpectedDark(
  sql: Sql,
  body: ExpectedDarkBody,
  person: ActingPerson,
  nowMs: number,
): Promise<ExpectedDarkView> {
  return await sql.begin(async (tx) => {
    await check(tx, body);
    const id = await insertExpectedDark(tx, body, person.username, nowMs);
    await tell(tx, id, 'expected-dark.add', body, person, nowMs);
    return await only(tx, id);
  });
}

/** Changes an announcement that was not cancelled. @throws Fault NOT_FOUND, REQUEST_INVALID */
export async function changeExpectedDark(
  sql: Sql,
  id: number,
  body: ExpectedDarkBody,
  person: ActingPerson,
  nowMs: number,
): Promise<ExpectedDarkView> {
  return await sql.begin(async (tx) => {
    await check(tx, body);
    if (!(await updateExpectedDark(tx, id, body))) {
      throw new Fault('NOT_FOUND', `No expected darkness ${id} is in force`);
    }
    await tell(tx, id, 'expected-dark.change', body, person, nowMs);
    return await only(tx, id);
  });
}

/** Takes an announcement back; it stays known. @throws Fault NOT_FOUND */
export async function endExpectedDark(
  sql: Sql,
  id: number,
  person: ActingPerson,
  nowMs: number,
): Promise<ExpectedDarkView> {
  return await sql.begin(async (tx) => {
    if (!(await cancelExpectedDark(tx, id, person.username, nowMs))) {
      throw new Fault('NOT_FOUND', `No expected darkness ${id} is in force`);
    }
    await tell(tx, id, 'expected-dark.cancel', null, person, nowMs);
    return await only(tx, id);
  });
}

async function check(sql: Queryable, body: ExpectedDarkBody): Promise<void> {
  if (body.endsAtMs <= body.startsAtMs) {
    throw new Fault('REQUEST_INVALID', 'endsAtMs is not after startsAtMs');
  }
  if (body.endsAtMs - body.startsAtMs > longestMs) {
    throw new Fault('REQUEST_INVALID', 'Darkness is expected for 31 days at most');
  }
  if (!(await scopeExists(sql, body.scope))) {
    throw new Fault('REQUEST_INVALID', `The plan has no ${body.scope.kind} ${body.scope.key}`);
  }
}

async function tell(
  sql: Queryable,
  id: number,
  action: string,
  body: ExpectedDarkBody | null,
  { username: actor, address }: ActingPerson,
  nowMs: number,
): Promise<void> {
  const details =
    body === null
      ? {}
      : {
          kind: body.kind,
          scope: `${body.scope.kind} ${body.scope.key}`.trim(),
          startsAtMs: body.startsAtMs,
          endsAtMs: body.endsAtMs,
          reason: body.reason,
        };
  await addAudit(sql, { actor, address, action, subject: String(id), details }, nowMs);
  await announce(sql, { topic: 'expected-dark' });
}

async function only(sql: Queryable, id: number): Promise<ExpectedDarkView> {
  const [view] = await readExpectedDark(sql, { id });
  if (view === undefined) throw new Fault('NOT_FOUND', `No expected darkness ${id}`);
  return view;
}
