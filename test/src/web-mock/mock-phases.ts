import type {
  ExpectedDarkBody,
  ExpectedDarkView,
  PhasesBody,
} from '@nigehban/domain/api/alert-types.ts';
import { nextPhaseAt, type PhaseEntry, phaseAt } from '@nigehban/domain/election-phase.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import { can } from '@nigehban/domain/permissions.ts';
import type { MockPart } from './mock-part.ts';

const hourMs = 3_600_000;

/** The poll-phase clock and announced darkness. */
export function createMockPhases(bootMs: number): MockPart {
  let version = 3;
  let entries: readonly PhaseEntry[] = [
    { districtCode: null, phase: 'eve', startsAtMs: bootMs - 20 * hourMs },
    { districtCode: null, phase: 'poll', startsAtMs: bootMs - 3 * hourMs },
    { districtCode: null, phase: 'count', startsAtMs: bootMs + 6 * hourMs },
    { districtCode: 'MUL', phase: 'drill', startsAtMs: bootMs - 2 * hourMs },
  ];
  const announced: ExpectedDarkView[] = [
    {
      ...announcement(1, bootMs),
      kind: 'load-shedding',
      scope: { kind: 'feeder', key: 'MEPCO-F114' },
      reason: 'MEPCO schedule of 8 February',
      alerts: 2,
    },
    {
      ...announcement(2, bootMs + 4 * hourMs),
      kind: 'maintenance',
      scope: { kind: 'district', key: 'LHR' },
      reason: 'راؤٹر کی تبدیلی',
    },
  ];
  return ({ method, path: [resource, id], query, body, role, nowMs }) => {
    if (resource === 'phases') {
      if (method === 'PUT') {
        if (!can(role, 'phase.manage')) throw new Fault('PERMISSION_DENIED', 'Not for this role');
        const given = body as PhasesBody;
        if (given.version !== version) throw new Fault('ALERT_CHANGED', 'Set meanwhile');
        entries = given.entries;
        version += 1;
      }
      const districts = ['LHR', 'MUL'].map((districtCode) => {
        const now = phaseAt(entries, districtCode, nowMs);
        const next = nextPhaseAt(entries, districtCode, nowMs);
        return {
          districtCode,
          phase: now?.phase ?? 'drill',
          sinceMs: now?.startsAtMs ?? null,
          nextPhase: next?.phase ?? null,
          nextAtMs: next?.startsAtMs ?? null,
        };
      });
      return { entries, version, districts };
    }
    if (method === 'GET') {
      return announced.filter(
        (one) =>
          query.get('state') === 'all' || (one.cancelledAtMs === null && one.endsAtMs > nowMs),
      );
    }
    if (!can(role, 'alert.manage')) throw new Fault('PERMISSION_DENIED', 'Not for this role');
    if (method === 'POST') {
      const added = { ...announcement(announced.length + 1, nowMs), ...(body as ExpectedDarkBody) };
      announced.push(added);
      return added;
    }
    const index = announced.findIndex((one) => one.id === Number(id));
    const known = announced[index];
    if (known === undefined) throw new Fault('NOT_FOUND', `No announcement ${id}`);
    const changed =
      method === 'DELETE'
        ? { ...known, cancelledBy: role, cancelledAtMs: nowMs }
        : { ...known, ...(body as ExpectedDarkBody) };
    announced[index] = changed;
    return changed;
  };
}

function announcement(id: number, startsAtMs: number): ExpectedDarkView {
  return {
    id,
    kind: 'silence',
    scope: { kind: 'province', key: '' },
    startsAtMs,
    endsAtMs: startsAtMs + 2 * hourMs,
    reason: '',
    createdBy: 'supervisor',
    createdAtMs: startsAtMs - hourMs,
    cancelledBy: null,
    cancelledAtMs: null,
    alerts: 0,
  };
}
