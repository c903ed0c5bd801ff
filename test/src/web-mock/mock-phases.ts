import type { ExpectedDarkBody, ExpectedDarkView } from '@nigehban/domain/api/alert-types.ts';
import type {
  ElectionBody,
  ElectionChange,
  ElectionView,
} from '@nigehban/domain/api/election-types.ts';
import { nextPhaseAt, phaseAt } from '@nigehban/domain/election-phase.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import { can } from '@nigehban/domain/permissions.ts';
import type { MockPart } from './mock-part.ts';

const hourMs = 3_600_000;

/** Elections with their poll-phase clocks and announced darkness. */
export function createMockPhases(bootMs: number): MockPart {
  let elections: readonly ElectionView[] = [
    {
      ...{
        id: 1,
        name: 'General election',
        nameUr: 'عام انتخابات',
        districtCodes: null,
        version: 3,
      },
      entries: [
        { districtCode: null, phase: 'eve', startsAtMs: bootMs - 20 * hourMs },
        { districtCode: null, phase: 'poll', startsAtMs: bootMs - 3 * hourMs },
        { districtCode: null, phase: 'count', startsAtMs: bootMs + 6 * hourMs },
        { districtCode: 'MUL', phase: 'drill', startsAtMs: bootMs - 2 * hourMs },
      ],
    },
  ];
  const changeElections = (method: string, id: number, version: number, body: unknown): void => {
    const known = elections.find((one) => one.id === id);
    if (method === 'POST') {
      const ids = elections.map((one) => one.id);
      const added = { ...(body as ElectionBody), id: Math.max(0, ...ids) + 1, version: 1 };
      elections = [...elections, added];
    } else if (known === undefined) throw new Fault('NOT_FOUND', `No election ${id}`);
    else if (known.version !== version) throw new Fault('ALERT_CHANGED', 'Set meanwhile');
    else if (method === 'DELETE') elections = elections.filter((one) => one.id !== id);
    else {
      const changed = { ...(body as ElectionChange), id, version: version + 1 };
      elections = elections.map((one) => (one.id === id ? changed : one));
    }
  };
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
    if (resource === 'phases' || resource === 'elections') {
      if (method !== 'GET') {
        if (!can(role, 'phase.manage')) throw new Fault('PERMISSION_DENIED', 'Not for this role');
        const version = query.get('version') ?? (body as { version?: number } | null)?.version;
        changeElections(method, Number(id), Number(version), body);
      }
      const districts = ['LHR', 'MUL'].map((districtCode) => {
        const now = phaseAt(elections, districtCode, nowMs);
        const next = nextPhaseAt(elections, districtCode, nowMs);
        return {
          districtCode,
          phase: now?.phase ?? 'drill',
          sinceMs: now?.startsAtMs ?? null,
          electionId: now?.electionId ?? null,
          nextPhase: next?.phase ?? null,
          nextAtMs: next?.atMs ?? null,
        };
      });
      return { elections, districts };
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
