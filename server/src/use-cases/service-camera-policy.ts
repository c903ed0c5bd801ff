import { createHmac } from 'node:crypto';
import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { Logger } from '@nigehban/config/log/logger.ts';
import { currentKey, type SecretKey } from '@nigehban/config/secrets/key-ring.ts';
import type {
  CameraPolicyView,
  PolicyBody,
  PolicyReportView,
  PolicyView,
  ShownPolicy,
} from '@nigehban/domain/api/tool-types.ts';
import type { CameraCredentials, CameraId } from '@nigehban/domain/camera.ts';
import { effectivePolicy, isEmptyPolicy } from '@nigehban/domain/camera-policy.ts';
import type { CameraPolicy, CameraPolicyReport } from '@nigehban/domain/camera-tools.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import type { RequestGateway } from '../link/node-requests.ts';
import { addAudit } from '../store/audit-store.ts';
import { announce } from '../store/change-feed.ts';
import {
  dropPending,
  promotePending,
  readPending,
  readSealed,
  type SealedRow,
  storePending,
} from '../store/credential-store.ts';
import type { Sql } from '../store/database.ts';
import {
  claimDue,
  deletePolicy,
  type PolicyRow,
  type PolicyTarget,
  queueAll,
  queueNewcomers,
  type ReportFilter,
  readPolicies,
  readPolicyReports,
  readPolicyTargets,
  storePolicy,
  storePolicyReport,
} from '../store/policy-store.ts';
import type { Person } from './approve-view.ts';
import { openCredentials, sealCredentials } from './camera-credentials.ts';
import type { CameraDirectory } from './camera-directory.ts';
import { openPolicy, sealPassword } from './policy-secrets.ts';
import { startWokenLoop } from './woken-loop.ts';

/** How cameras are to be set, by scope; held against each camera after registration and daily. */
export interface CameraPolicies {
  list(): Promise<readonly PolicyView[]>;
  set(body: PolicyBody, person: Person): Promise<PolicyView>;
  /** @throws Fault NOT_FOUND */
  remove(id: number, person: Person): Promise<PolicyView>;
  /** @throws Fault CAMERA_UNKNOWN */
  read(cameraId: CameraId): Promise<CameraPolicyView>;
  /** Holds the camera against its policy now. @throws Fault CAMERA_…, GATEWAY_UNAVAILABLE */
  apply(cameraId: CameraId, correct: boolean, person: Person): Promise<CameraPolicyView>;
  reports(filter: ReportFilter): Promise<readonly PolicyReportView[]>;
  stop(): Promise<void>;
}

const lookEveryMs = 2_000;
const newcomersEveryMs = 30_000;
const pendingEveryMs = 60_000;
/** Per look: some eight cameras a second at most, so that 29,000 take an hour. */
const claimedAtOnce = 16;
const claimForMs = 10 * 60_000;
const dayMs = 24 * 3_600_000;
const jitterMs = 4 * 3_600_000;
const retryAfterMs = 30 * 60_000;
const spreadMs = 60_000;
const applyWithinMs = 60_000;
const tryWithinMs = 15_000;

export function createCameraPolicies(options: {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly log: Logger;
  readonly random: () => number;
  readonly secretKey: SecretKey;
  readonly directory: CameraDirectory;
  readonly requestGateway: RequestGateway;
  readonly gatewayLinked: () => boolean;
  /** Takes over what a camera says of itself after its encoders were set. */
  readonly probe: (cameraId: CameraId) => Promise<unknown>;
}): CameraPolicies {
  const { sql, clock, log, secretKey, directory, requestGateway } = options;

  const targetOf = async (cameraId: CameraId): Promise<PolicyTarget> => {
    const [target] = await readPolicyTargets(sql, [cameraId]);
    if (target === undefined)
      throw new Fault('CAMERA_UNKNOWN', `No camera ${cameraId} in the plan`);
    return target;
  };
  const policyFor = async (target: PolicyTarget): Promise<CameraPolicy> => {
    const policies = (await readPolicies(sql)).map((row) => openPolicy(secretKey, row));
    return effectivePolicy(policies, target);
  };

  /**
   * Finds out which password is valid after a change whose end is not known, and keeps that one.
   * While the camera does not answer, both are kept.
   */
  const settle = async (row: SealedRow): Promise<void> => {
    const { endpoint } = directory.get(row.id);
    if (row.pendingCredentials === null || endpoint === null) return;
    const credentials = openCredentials(secretKey, row.code, row.pendingCredentials);
    const tried = { endpoint, credentials };
    const { accepted } = await requestGateway('gateway.try-credentials', tried, tryWithinMs);
    if (accepted) await promotePending(sql, row.id, row.pendingCredentials);
    else await dropPending(sql, row.id, row.pendingCredentials);
    log.info({ camera: row.code, accepted }, 'the end of a change of password was found out');
    await announce(sql, { topic: 'plan' });
  };

  /** A change that began a moment ago may be under way elsewhere: its own process ends it. */
  const settleAll = async (only?: CameraId) => {
    const which =
      only === undefined ? { beforeMs: clock.nowMs() - 2 * applyWithinMs } : { cameraId: only };
    for (const row of await readPending(sql, which)) {
      try {
        await settle(row);
      } catch (error) {
        log.info({ err: error, camera: row.code }, 'a change of password has no known end yet');
      }
    }
  };

  /** The credentials with the new password, noted before the camera hears of it; null: none to set. */
  const prepareChange = async (
    target: PolicyTarget,
    policy: CameraPolicy,
    credentials: CameraCredentials | null,
  ): Promise<Buffer | null> => {
    const { newPassword } = policy;
    if (newPassword === undefined || credentials === null) return null;
    if (credentials.password === newPassword) return null;
    const renewed = { username: credentials.username, password: newPassword };
    const pending = sealCredentials(secretKey, target.code, renewed);
    await storePending(sql, target.id, pending, clock.nowMs());
    return pending;
  };

  const hold = async (target: PolicyTarget, policy: CameraPolicy, correct: boolean) => {
    if (target.passwordPending) await settleAll(target.id);
    const { endpoint } = directory.get(target.id);
    // As they are at this moment: the directory may not know yet of a change that just ended.
    const row = await readSealed(sql, target.id);
    const credentials =
      row === undefined || row.sealedCredentials === null
        ? null
        : openCredentials(secretKey, row.code, row.sealedCredentials);
    if (endpoint === null) {
      throw new Fault('CAMERA_UNREACHABLE', 'The plan gives no address of this camera');
    }
    const pending = correct ? await prepareChange(target, policy, credentials) : null;
    let report: CameraPolicyReport;
    try {
      report = await requestGateway(
        'gateway.apply-policy',
        { endpoint, credentials, policy, correct },
        applyWithinMs,
      );
    } catch (thrown) {
      // Whether the camera heard of the new password is found out, now or when it answers again.
      if (pending !== null) await settleAll(target.id);
      throw thrown;
    }
    if (pending !== null) {
      const outcome = report.items.find(({ item }) => item === 'password')?.outcome;
      if (outcome === 'set' || outcome === 'as-wanted')
        await promotePending(sql, target.id, pending);
      else await dropPending(sql, target.id, pending);
      await announce(sql, { topic: 'plan' });
    }
    return report;
  };

  /** Holds one camera against its policy and stores what came of it. */
  const check = async (cameraId: CameraId, correct?: boolean): Promise<void> => {
    const target = await targetOf(cameraId);
    const policy = await policyFor(target);
    const digest = digestOf(secretKey, policy);
    // A policy is applied once; what drifts afterwards is told, and a person decides.
    const corrected = correct ?? digest !== target.reportedDigest;
    const nextMs = clock.nowMs() + dayMs + (options.random() - 0.5) * jitterMs;
    const base = { cameraId, digest, corrected };
    if (isEmptyPolicy(policy)) {
      const nothing = { items: [], differs: 0, fault: null, evidence: null, dueAtMs: nextMs };
      await storePolicyReport(sql, { ...base, ...nothing }, clock.nowMs());
      return;
    }
    try {
      const { items } = await hold(target, policy, corrected);
      const isWell = (outcome: string) => outcome === 'as-wanted' || outcome === 'set';
      const differs = items.filter(({ outcome }) => !isWell(outcome)).length;
      const report = { ...base, items, differs, fault: null, evidence: null, dueAtMs: nextMs };
      await storePolicyReport(sql, report, clock.nowMs());
      const isSet = items.some(
        ({ item, outcome }) => /^(main|sub)\./.test(item) && outcome === 'set',
      );
      if (isSet) await options.probe(cameraId).catch(() => {});
    } catch (thrown) {
      if (!(thrown instanceof Fault)) throw thrown;
      const dueAtMs = clock.nowMs() + retryAfterMs * (0.5 + options.random());
      const fault = { fault: thrown.code, evidence: thrown.message, dueAtMs };
      await storePolicyReport(sql, { ...base, items: [], differs: 0, ...fault }, clock.nowMs());
      if (correct !== undefined) throw thrown;
    } finally {
      await announce(sql, { topic: 'cameras', ids: [cameraId] });
    }
  };

  let newcomersAtMs = Number.NEGATIVE_INFINITY;
  let pendingAtMs = Number.NEGATIVE_INFINITY;
  const pass = async () => {
    const nowMs = clock.nowMs();
    if (!options.gatewayLinked()) return lookEveryMs;
    if (nowMs - pendingAtMs >= pendingEveryMs) {
      pendingAtMs = nowMs;
      await settleAll();
    }
    if ((await readPolicies(sql)).length === 0) return lookEveryMs;
    if (nowMs - newcomersAtMs >= newcomersEveryMs) {
      newcomersAtMs = nowMs;
      await queueNewcomers(sql, nowMs);
    }
    const due = await claimDue(sql, nowMs, nowMs + claimForMs, claimedAtOnce);
    const ends = await Promise.allSettled(due.map((cameraId) => check(cameraId)));
    for (const end of ends) {
      if (end.status === 'rejected') log.warn({ err: end.reason }, 'a policy could not be held');
    }
    return lookEveryMs;
  };
  const loop = startWokenLoop({
    clock,
    log,
    pass,
    everyMs: lookEveryMs,
    firstAfterMs: lookEveryMs,
    failing: 'policies could not be looked at',
  });

  const only = async (id: number): Promise<PolicyView> => {
    const row = (await readPolicies(sql)).find((one) => one.id === id);
    if (row === undefined) throw new Fault('NOT_FOUND', `There is no policy ${id}`);
    return viewOf(row);
  };

  const read = async (cameraId: CameraId): Promise<CameraPolicyView> => {
    const target = await targetOf(cameraId);
    const { newPassword, ...policy } = await policyFor(target);
    const [report] = await readPolicyReports(sql, { cameraId, limit: 1 });
    return {
      policy: { ...policy, hasPassword: newPassword !== undefined },
      report: report ?? null,
      passwordPending: target.passwordPending,
    };
  };

  return {
    list: async () => (await readPolicies(sql)).map(viewOf),
    async set(body, person) {
      const { scope, policy, newPassword } = body;
      const scopeValue = scope === 'all' ? '' : body.scopeValue;
      if (scope !== 'all' && scopeValue === '') {
        throw new Fault('REQUEST_INVALID', 'Name the district or model in scopeValue');
      }
      const sealedPassword =
        newPassword === undefined || newPassword === null
          ? newPassword
          : sealPassword(secretKey, { scope, scopeValue }, newPassword);
      const id = await sql.begin(async (tx) => {
        const nowMs = clock.nowMs();
        const { username: actor, address } = person;
        const row = { scope, scopeValue, policy, changedBy: actor, sealedPassword };
        const stored = await storePolicy(tx, row, nowMs);
        await queueAll(tx, nowMs, spreadMs);
        const details = { policy: JSON.stringify(policy), password: newPassword !== undefined };
        const subject = `${scope} ${scopeValue}`.trim();
        await addAudit(tx, { actor, address, action: 'policy.set', subject, details }, nowMs);
        return stored;
      });
      return await only(id);
    },
    async remove(id, person) {
      const view = await only(id);
      await sql.begin(async (tx) => {
        const nowMs = clock.nowMs();
        if (!(await deletePolicy(tx, id))) throw new Fault('NOT_FOUND', `There is no policy ${id}`);
        await queueAll(tx, nowMs, spreadMs);
        const { username: actor, address } = person;
        const subject = `${view.scope} ${view.scopeValue}`.trim();
        await addAudit(tx, { actor, address, action: 'policy.remove', subject }, nowMs);
      });
      return view;
    },
    read,
    async apply(cameraId, correct, person) {
      const { code: subject } = await targetOf(cameraId);
      const { username: actor, address } = person;
      const action = correct ? 'policy.apply' : 'policy.compare';
      await addAudit(sql, { actor, address, action, subject }, clock.nowMs());
      await check(cameraId, correct);
      return await read(cameraId);
    },
    reports: (filter) => readPolicyReports(sql, filter),
    async stop() {
      await loop.stop();
    },
  };
}

function viewOf({ id, scope, scopeValue, policy, sealedPassword, ...rest }: PolicyRow): PolicyView {
  const shown: ShownPolicy = { ...policy, hasPassword: sealedPassword !== null };
  const { changedBy, changedAtMs } = rest;
  return { id, scope, scopeValue, policy: shown, changedBy, changedAtMs };
}

/** Tells one policy from another. Keyed, because a password is in it. */
function digestOf(key: SecretKey, policy: CameraPolicy): string {
  const hmac = createHmac('sha256', currentKey(key));
  return hmac.update(JSON.stringify(sorted(policy))).digest('hex');
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.map(([key, inner]) => [key, sorted(inner)]);
}
