import type {
  ElectionBody,
  ElectionChange,
  PhasesView,
} from '@nigehban/domain/api/election-types.ts';
import { nextPhaseAt, phaseAt, phaseWithoutClock } from '@nigehban/domain/election-phase.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import { addAudit } from '../store/audit-store.ts';
import { announce } from '../store/change-feed.ts';
import type { Queryable, Sql } from '../store/database.ts';
import {
  deleteElection,
  electionNameTaken,
  insertElection,
  readElections,
  readElectionVersion,
  updateElection,
} from '../store/election-store.ts';
import { readDistrictPhases } from '../store/phase-store.ts';
import type { ActingPerson } from './alert-life.ts';

/** All elections with their clocks, and where every district stands. */
export async function readPhases(sql: Queryable, nowMs: number): Promise<PhasesView> {
  const elections = await readElections(sql);
  const districts = await readDistrictPhases(sql);
  return {
    elections,
    districts: districts.map(({ districtCode }) => {
      const now = phaseAt(elections, districtCode, nowMs);
      const next = nextPhaseAt(elections, districtCode, nowMs);
      return {
        districtCode,
        phase: now?.phase ?? phaseWithoutClock,
        sinceMs: now?.startsAtMs ?? null,
        electionId: now?.electionId ?? null,
        nextPhase: next?.phase ?? null,
        nextAtMs: next?.atMs ?? null,
      };
    }),
  };
}

/** Adds an election with its clock. @throws Fault REQUEST_INVALID, see {@link check} */
export async function addElection(
  sql: Sql,
  given: ElectionBody,
  person: ActingPerson,
  nowMs: number,
): Promise<PhasesView> {
  return await sql.begin(async (tx) => {
    const body = await check(tx, given);
    const id = await insertElection(tx, body);
    if (id === null) throw nameTaken(body.name);
    await tell(tx, id, 'election.add', summaryOf(body), person, nowMs);
    return await readPhases(tx, nowMs);
  });
}

/**
 * Sets an election and its whole clock. @throws Fault ALERT_CHANGED when somebody set it meanwhile,
 * NOT_FOUND, REQUEST_INVALID
 */
export async function changeElection(
  sql: Sql,
  id: number,
  { version, ...given }: ElectionChange,
  person: ActingPerson,
  nowMs: number,
): Promise<PhasesView> {
  return await sql.begin(async (tx) => {
    const body = await check(tx, given);
    if (await electionNameTaken(tx, body.name, id)) throw nameTaken(body.name);
    if (!(await updateElection(tx, { id, version }, body))) throw await outdated(tx, id);
    await tell(tx, id, 'election.change', summaryOf(body), person, nowMs);
    return await readPhases(tx, nowMs);
  });
}

/**
 * Removes an election with its clock: its districts stand as the other elections say.
 * @throws Fault ALERT_CHANGED, NOT_FOUND
 */
export async function removeElection(
  sql: Sql,
  seen: { readonly id: number; readonly version: number },
  person: ActingPerson,
  nowMs: number,
): Promise<PhasesView> {
  return await sql.begin(async (tx) => {
    const known = (await readElections(tx)).find((one) => one.id === seen.id);
    if (!(await deleteElection(tx, seen))) throw await outdated(tx, seen.id);
    if (known !== undefined) {
      await tell(tx, seen.id, 'election.remove', summaryOf(known), person, nowMs);
    }
    return await readPhases(tx, nowMs);
  });
}

/**
 * The election with names trimmed. @throws Fault REQUEST_INVALID for a name of spaces, an unknown
 * district, an entry outside of where it is held, two entries of one district at the same time
 */
async function check(sql: Queryable, body: ElectionBody): Promise<ElectionBody> {
  const name = body.name.trim();
  if (name === '') throw new Fault('REQUEST_INVALID', 'An election needs a name');
  const known = new Set((await readDistrictPhases(sql)).map((row) => row.districtCode));
  const held = body.districtCodes === null ? null : [...new Set(body.districtCodes)].sort();
  const seen = new Set<string>();
  for (const { districtCode, startsAtMs } of body.entries) {
    if (districtCode !== null && held !== null && !held.includes(districtCode)) {
      throw new Fault('REQUEST_INVALID', `${name} is not held in ${districtCode}`);
    }
    const key = `${districtCode ?? ''} ${startsAtMs}`;
    if (seen.has(key)) {
      throw new Fault('REQUEST_INVALID', 'Two phases of one district begin at the same time');
    }
    seen.add(key);
  }
  for (const code of [...(held ?? []), ...body.entries.map((entry) => entry.districtCode)]) {
    if (code !== null && !known.has(code)) {
      throw new Fault('REQUEST_INVALID', `There is no district ${code}`);
    }
  }
  return { name, nameUr: body.nameUr.trim(), districtCodes: held, entries: body.entries };
}

function nameTaken(name: string): Fault {
  return new Fault('REQUEST_INVALID', `Another election is named ${name}`);
}

async function outdated(sql: Queryable, id: number): Promise<Fault> {
  const version = await readElectionVersion(sql, id);
  if (version === null) return new Fault('NOT_FOUND', `No election ${id}`);
  return new Fault('ALERT_CHANGED', 'The election was set by somebody else meanwhile', {
    details: { version },
  });
}

function summaryOf({ name, districtCodes, entries }: ElectionBody) {
  return { name, districts: districtCodes?.join(' ') ?? 'all', entries: entries.length };
}

async function tell(
  sql: Queryable,
  id: number,
  action: string,
  details: ReturnType<typeof summaryOf>,
  { username: actor, address }: ActingPerson,
  nowMs: number,
): Promise<void> {
  await addAudit(sql, { actor, address, action, subject: String(id), details }, nowMs);
  await announce(sql, { topic: 'phases' });
}
