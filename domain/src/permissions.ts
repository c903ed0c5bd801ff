import type { Placement } from './camera.ts';

export const roles = ['operator', 'supervisor', 'technician', 'administrator'] as const;
export type Role = (typeof roles)[number];

export function isRole(value: unknown): value is Role {
  return typeof value === 'string' && (roles as readonly string[]).includes(value);
}

/** What can be done. Every route and every ws message names one. */
export const actions = [
  'status.read',
  'live.watch',
  /** Hears what cameras send; operators by the policy of `live-sound.ts`. Needs a live view. */
  'live.listen',
  'footage.play',
  'footage.hold',
  'footage.export',
  'alert.read',
  'alert.acknowledge',
  /** Hands an alert or incident to the next level, with a reason. */
  'alert.escalate',
  /** Notes, assignment, closing by hand, silences, expected darkness. */
  'alert.manage',
  'report.read',
  'camera.probe',
  'camera.register',
  /** Changes something at a camera: time, reboot, policy. */
  'camera.service',
  /** Takes a reference picture, which is shown to approvers only. */
  'view.propose',
  'view.approve',
  'plan.import',
  'phase.manage',
  'notification.manage',
  /** How the system itself works: how often cameras are looked at. */
  'setting.manage',
  'user.manage',
  'audit.read',
] as const;
export type Action = (typeof actions)[number];

/**
 * The obvious limits: operators watch and acknowledge, supervisors also play back and export, technicians see
 * health and touch cameras, administrators load plans and manage users and get no pictures.
 */
const allowed: Readonly<Record<Role, readonly Action[]>> = {
  operator: ['status.read', 'live.watch', 'alert.read', 'alert.acknowledge', 'alert.escalate'],
  supervisor: [
    'status.read',
    'live.watch',
    'live.listen',
    'footage.play',
    'footage.hold',
    'footage.export',
    'alert.read',
    'alert.acknowledge',
    'alert.escalate',
    'alert.manage',
    'report.read',
    'view.propose',
    'view.approve',
    'audit.read',
  ],
  technician: [
    'status.read',
    'live.watch',
    'alert.read',
    'report.read',
    'camera.probe',
    'camera.register',
    'camera.service',
    'view.propose',
  ],
  administrator: [
    'status.read',
    'alert.read',
    'camera.probe',
    'camera.register',
    'camera.service',
    'view.propose',
    'plan.import',
    'phase.manage',
    'notification.manage',
    'setting.manage',
    'report.read',
    'user.manage',
    'audit.read',
  ],
};

export function can(role: Role, action: Action): boolean {
  return allowed[role].includes(action);
}

export function actionsOf(role: Role): readonly Action[] {
  return allowed[role];
}

/** Placements that show the inside of a polling station or the count. */
export const insidePlacements: readonly Placement[] = ['QUEUE', 'BOOTH', 'COUNT_TABLE'];
