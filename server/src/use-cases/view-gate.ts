import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { CameraId } from '@nigehban/domain/camera.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import { can, insidePlacements, type Role } from '@nigehban/domain/permissions.ts';
import {
  mayShowPictures,
  type ViewApprovalPolicy,
  type ViewedAssignment,
} from '@nigehban/domain/view-approval.ts';
import type { Sql } from '../store/database.ts';
import { readUnapproved, readViewedAssignments } from '../store/view-store.ts';

/** What stands between unapproved cameras and everybody who is no approver. */
export interface ViewGate {
  readonly policy: ViewApprovalPolicy;
  /** Pictures of this moment. @throws Fault VIEW_UNAPPROVED */
  now(role: Role, cameraId: CameraId): Promise<void>;
  /** Pictures that were taken in [fromMs, toMs]. @throws Fault VIEW_UNAPPROVED */
  range(role: Role, cameraId: CameraId, fromMs: number, toMs: number): Promise<void>;
  /** Which of these cameras people of this role may not see now. */
  hidden(role: Role, cameraIds: readonly CameraId[]): Promise<ReadonlySet<CameraId>>;
}

/**
 * Asks the database each time, so that a camera that was moved a moment ago is closed; while the
 * database is away what was known last holds, and what was never known is refused.
 */
export function createViewGate(options: {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly policy: ViewApprovalPolicy;
}): ViewGate {
  const { sql, clock, policy } = options;
  const known = new Map<CameraId, readonly ViewedAssignment[]>();

  const assignmentsOf = async (cameraId: CameraId) => {
    try {
      const read = await readViewedAssignments(sql, cameraId);
      known.set(cameraId, read);
      return read;
    } catch (error) {
      const last = known.get(cameraId);
      if (last === undefined) throw error;
      return last;
    }
  };

  const range: ViewGate['range'] = async (role, cameraId, fromMs, toMs) => {
    if (policy === 'off' || can(role, 'view.approve')) return;
    const assignments = await assignmentsOf(cameraId);
    // A camera that is not known has nothing to show: whoever asks is told so further on.
    if (assignments.length === 0) return;
    if (mayShowPictures(assignments, { fromMs, toMs }, policy)) return;
    throw new Fault('VIEW_UNAPPROVED', 'The view of this camera inside a station is not approved', {
      details: { cameraId },
    });
  };

  return {
    policy,
    range,
    async hidden(role, cameraIds) {
      if (policy === 'off' || can(role, 'view.approve')) return new Set();
      return await readUnapproved(sql, cameraIds, insidePlacements);
    },
    async now(role, cameraId) {
      const nowMs = clock.nowMs();
      await range(role, cameraId, nowMs, nowMs);
    },
  };
}
