import { createHash } from 'node:crypto';
import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { Logger } from '@nigehban/config/log/logger.ts';
import type { ReferenceView } from '@nigehban/domain/api/view-types.ts';
import type { CameraId } from '@nigehban/domain/camera.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import {
  approvalsNeeded,
  decideApproval,
  decideRejection,
} from '@nigehban/domain/view-approval.ts';
import { addAudit } from '../store/audit-store.ts';
import { announce } from '../store/change-feed.ts';
import type { Queryable, Sql } from '../store/database.ts';
import {
  addView,
  type LockedView,
  lockOpenAssignment,
  lockView,
  readUnmeasuredViews,
  readViewPicture,
  readViews,
  storeApproved,
  storeFingerprint,
  storeFirstApproval,
  storeRejected,
} from '../store/view-store.ts';

/** Who acts, and from where. */
export interface Person {
  readonly username: string;
  readonly address: string;
}

/** Reference pictures: taking, approving by two people, rejecting. Every step is audited. */
export interface ViewApprovals {
  /**
   * Takes a picture of this moment and proposes it in place of one that waits. @throws Fault
   * CAMERA_UNKNOWN, ASSIGNMENT_CONFLICT when the camera serves nowhere, and what taking it throws
   */
  propose(cameraId: CameraId, person: Person): Promise<ReferenceView>;
  /** @throws Fault VIEW_UNKNOWN, VIEW_DECIDED, VIEW_APPROVER_SAME */
  approve(cameraId: CameraId, viewId: number, person: Person): Promise<ReferenceView>;
  /** @throws Fault VIEW_UNKNOWN, VIEW_DECIDED */
  reject(
    cameraId: CameraId,
    viewId: number,
    reason: string,
    person: Person,
  ): Promise<ReferenceView>;
  list(cameraId: CameraId): Promise<readonly ReferenceView[]>;
  waiting(options: {
    readonly after?: number;
    readonly limit: number;
  }): Promise<readonly ReferenceView[]>;
  /** JPEG. @throws Fault VIEW_UNKNOWN */
  picture(cameraId: CameraId, viewId: number): Promise<Buffer>;
  stop(): void;
}

const listed = 100;
const measuredAtOnce = 20;
const measureEveryMs = 60_000;

export function createViewApprovals(options: {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly log: Logger;
  /** JPEG of this moment. @throws Fault CAMERA_… */
  readonly takePicture: (cameraId: CameraId) => Promise<Buffer>;
  /** What later pictures are compared with; null when nobody can make it at the moment. */
  readonly fingerprint: (jpeg: Buffer) => Promise<string | null>;
}): ViewApprovals {
  const { sql, clock, log } = options;

  const only = async (tx: Queryable, id: number): Promise<ReferenceView> => {
    const [view] = await readViews(tx, { id, limit: 1 });
    if (view === undefined) throw unknown(id);
    return view;
  };

  const decide = async (
    cameraId: CameraId,
    viewId: number,
    person: Person,
    step: (
      tx: Queryable,
      view: LockedView,
      nowMs: number,
    ) => Promise<{ action: string; reason?: string }>,
  ): Promise<ReferenceView> =>
    await sql.begin(async (tx) => {
      const nowMs = clock.nowMs();
      const view = await lockView(tx, cameraId, viewId);
      if (view === undefined) throw unknown(viewId);
      const { action, reason } = await step(tx, view, nowMs);
      const { username: actor, address } = person;
      const details = { viewId, ...(reason === undefined ? {} : { reason }) };
      await addAudit(tx, { actor, address, action, subject: view.cameraCode, details }, nowMs);
      // Who may see the camera, and what it is compared with, may have changed.
      await announce(tx, { topic: 'plan' });
      return await only(tx, viewId);
    });

  /** Pictures that were taken while no gateway could measure them. */
  const measure = async () => {
    for (const { id, picture } of await readUnmeasuredViews(sql, measuredAtOnce)) {
      const fingerprint = await options.fingerprint(picture);
      if (fingerprint === null) return;
      if (await storeFingerprint(sql, id, fingerprint)) await announce(sql, { topic: 'plan' });
    }
  };
  let stopped = false;
  let cancel = () => {};
  const schedule = () => {
    if (stopped) return;
    cancel = clock.after(measureEveryMs, () => {
      measure()
        .catch((error) => log.warn({ err: error }, 'reference pictures could not be measured'))
        .finally(schedule);
    });
  };
  schedule();

  return {
    async propose(cameraId, person) {
      const picture = await options.takePicture(cameraId);
      const fingerprint = await options.fingerprint(picture);
      const sha256 = createHash('sha256').update(picture).digest();
      return await sql.begin(async (tx) => {
        const nowMs = clock.nowMs();
        const assignment = await lockOpenAssignment(tx, cameraId);
        if (assignment === undefined) {
          throw new Fault('ASSIGNMENT_CONFLICT', `Camera ${cameraId} serves no polling station`);
        }
        const view = {
          cameraId,
          assignmentId: assignment.id,
          picture,
          sha256,
          fingerprint,
          takenBy: person.username,
          approvalsNeeded: approvalsNeeded(assignment.placement),
        };
        const id = await addView(tx, view, nowMs);
        const { username: actor, address } = person;
        const details = { viewId: id, sha256: sha256.toString('hex') };
        const subject = assignment.code;
        await addAudit(tx, { actor, address, action: 'view.propose', subject, details }, nowMs);
        await announce(tx, { topic: 'cameras', ids: [cameraId] });
        return await only(tx, id);
      });
    },
    approve: (cameraId, viewId, person) =>
      decide(cameraId, viewId, person, async (tx, view, nowMs) => {
        const decision = decideApproval(view, person.username);
        switch (decision.kind) {
          case 'refused':
            throw new Fault(decision.fault, `Picture ${viewId} of ${view.cameraCode}`);
          case 'first':
            await storeFirstApproval(tx, viewId, person.username, nowMs);
            return { action: 'view.approve-first' };
          case 'approved':
            await storeApproved(tx, view, decision.as, person.username, nowMs);
            return { action: 'view.approve' };
        }
      }),
    reject: (cameraId, viewId, reason, person) =>
      decide(cameraId, viewId, person, async (tx, view, nowMs) => {
        const { fault } = decideRejection(view);
        if (fault !== null) throw new Fault(fault, `Picture ${viewId} of ${view.cameraCode}`);
        await storeRejected(tx, view, person.username, reason, nowMs);
        return { action: 'view.reject', reason };
      }),
    list: (cameraId) => readViews(sql, { cameraId, limit: listed }),
    waiting: ({ after, limit }) =>
      readViews(sql, { waiting: true, limit, ...(after === undefined ? {} : { after }) }),
    async picture(cameraId, viewId) {
      const picture = await readViewPicture(sql, cameraId, viewId);
      if (picture === undefined) throw unknown(viewId);
      return picture;
    },
    stop() {
      stopped = true;
      cancel();
    },
  };
}

function unknown(viewId: number): Fault {
  return new Fault('VIEW_UNKNOWN', `There is no picture ${viewId} of this camera`);
}
