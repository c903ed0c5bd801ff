import type { AuditChain, AuditPage, AuditView } from '@nigehban/domain/api/audit-types.ts';
import type { UserBody, UserChange, UserView } from '@nigehban/domain/api/user-types.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import { type Action, can, type Role } from '@nigehban/domain/permissions.ts';
import type { MockPart } from './mock-part.ts';

const hourMs = 3_600_000;
const auditRows = 1_200;

/** Users and an audit trail as an election day leaves them. */
export function createMockAdmin(
  bootMs: number,
): MockPart & { breakChain(): void; readonly users: readonly UserView[] } {
  const users: UserView[] = [
    user('administrator', 'Nadia Rehman', 'administrator', bootMs, 1),
    user('ayesha.siddiqui', 'Ayesha Siddiqui', 'operator', bootMs, 2),
    user('bilal.hussain', 'Bilal Hussain', 'technician', bootMs, 0),
    { ...user('imran.qureshi', 'عمران قریشی', 'supervisor', bootMs, 1) },
    {
      ...user('sana.malik', 'Sana Malik', 'operator', bootMs, 0),
      mustChangePassword: true,
      lastSignInAtMs: null,
      passwordChangedAtMs: null,
    },
    {
      ...user('usman.tariq', 'Usman Tariq', 'operator', bootMs, 0),
      disabledAtMs: bootMs - 40 * hourMs,
    },
  ];
  let chain: AuditChain = {
    intact: true,
    rows: auditRows,
    firstAtMs: bootMs - auditRows * 60_000,
    lastAtMs: bootMs,
    head: 'c0ffee'.padEnd(64, '7'),
    checkedAtMs: bootMs,
    defects: [],
  };
  const require = (role: Role, action: Action) => {
    if (!can(role, action)) throw new Fault('PERMISSION_DENIED', 'Not for this role');
  };
  const part: MockPart = ({ method, path: [resource, name, action], query, body, role, nowMs }) => {
    if (resource === 'audit') {
      require(role, 'audit.read');
      return name === 'chain' ? { ...chain, checkedAtMs: nowMs } : auditPage(query, bootMs);
    }
    if (resource !== 'users') return undefined;
    require(role, 'user.manage');
    if (name === undefined) {
      if (method === 'GET') return users;
      const given = body as UserBody;
      if (users.some((one) => one.username === given.username)) {
        throw new Fault('USER_EXISTS', given.username);
      }
      const added: UserView = {
        ...user(given.username, given.displayName, given.role, nowMs, 0),
        mustChangePassword: true,
        lastSignInAtMs: null,
      };
      users.push(added);
      return { user: added, password: 'k7mf-3xqp-wd9t-hn4c' };
    }
    const index = users.findIndex((one) => one.username === name);
    const known = users[index];
    if (known === undefined) throw new Fault('USER_UNKNOWN', name);
    if (action === 'password') {
      users[index] = { ...known, mustChangePassword: true, sessions: 0 };
      return { user: users[index], password: 'q2va-8ruk-ezm5-tj3w' };
    }
    if (action === 'sessions') users[index] = { ...known, sessions: 0 };
    else {
      const { disabled, ...change } = body as UserChange;
      if (known.role === 'administrator' && (disabled === true || change.role !== undefined)) {
        if (disabled === true || change.role !== 'administrator') {
          throw new Fault('LAST_ADMINISTRATOR', name);
        }
      }
      users[index] = {
        ...known,
        ...change,
        ...(disabled === undefined ? {} : { disabledAtMs: disabled ? nowMs : null }),
      };
    }
    return users[index];
  };
  return Object.assign(part, {
    users,
    breakChain() {
      chain = {
        ...chain,
        intact: false,
        defects: [
          { id: 311, kind: 'changed', atMs: bootMs - 14 * hourMs },
          { id: 874, kind: 'removed', atMs: bootMs - 5 * hourMs },
        ],
      };
    },
  });
}

function user(
  username: string,
  displayName: string,
  role: Role,
  nowMs: number,
  sessions: number,
): UserView {
  return {
    ...{ username, displayName, role, sessions, disabledAtMs: null, mustChangePassword: false },
    createdAtMs: nowMs - 300 * hourMs,
    passwordChangedAtMs: nowMs - 200 * hourMs,
    lastSignInAtMs: nowMs - (sessions === 0 ? 50 : 3) * hourMs,
  };
}

const acts: readonly Omit<AuditView, 'id' | 'atMs' | 'hash'>[] = [
  act('ayesha.siddiqui', 'alert.acknowledge', '1842', {}),
  act('imran.qureshi', 'export.request', '0f8fad5b', { cameras: 2, reason: 'Petition EP-12/2024' }),
  act(null, 'session.refuse', 'admin', {}),
  act('bilal.hussain', 'camera.time', 'GE24-NA122-PS108-CAM2', { offsetMs: -8_412 }),
  act('administrator', 'user.add', 'sana.malik', { role: 'operator', displayName: 'Sana Malik' }),
  act('administrator', 'plan.apply', 'draft-17', { added: 214, changed: 9, file: 'lahore-2.xlsx' }),
  act('imran.qureshi', 'view.approve', 'GE24-NA122-PS108-CAM1', {}),
];

function act(
  actor: string | null,
  action: string,
  subject: string,
  details: AuditView['details'],
): Omit<AuditView, 'id' | 'atMs' | 'hash'> {
  return { actor, address: '10.40.2.17', action, subject, details };
}

function auditPage(query: URLSearchParams, bootMs: number): AuditPage {
  const before = Number(query.get('before') ?? auditRows + 1);
  const limit = Number(query.get('limit') ?? 100);
  const rows: AuditView[] = [];
  let id = before - 1;
  for (; id >= 1 && rows.length < limit; id--) {
    const what = acts[id % acts.length];
    if (what === undefined) continue;
    if (!what.action.startsWith(query.get('action') ?? '')) continue;
    if (query.has('actor') && what.actor !== query.get('actor')) continue;
    if (!(what.subject ?? '').startsWith(query.get('subject') ?? '')) continue;
    const hash = (id * 2_654_435_761).toString(16).padStart(64, 'a').slice(-64);
    rows.push({ ...what, id, atMs: bootMs - (auditRows - id) * 60_000, hash });
  }
  return { rows, nextBefore: id >= 1 ? (rows.at(-1)?.id ?? null) : null };
}
