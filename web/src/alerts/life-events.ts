import type { AlertDetail, AlertStep, IncidentStep } from '@nigehban/domain/api/alert-types.ts';

export type Transition = AlertDetail['transitions'][number];

export type LifeEvent =
  | { readonly key: string; readonly atMs: number; readonly step: AlertStep | IncidentStep }
  | { readonly key: string; readonly atMs: number; readonly transition: Transition };

/**
 * Steps of an alert's life among what its cameras went through, oldest first. At one moment the
 * cameras come first: they are the reason.
 */
export function mergeLife(
  steps: readonly (AlertStep | IncidentStep)[],
  transitions: readonly Transition[],
): readonly LifeEvent[] {
  const events: LifeEvent[] = [
    ...transitions.map((transition) => ({
      key: `t${transition.cameraId}-${transition.atMs}-${transition.to}`,
      atMs: transition.atMs,
      transition,
    })),
    ...steps.map((step) => ({ key: `s${step.id}`, atMs: step.atMs, step })),
  ];
  return events.sort((a, b) => a.atMs - b.atMs);
}

/** A text of a step's details; null when it has none of that name. */
export function detailText(step: AlertStep | IncidentStep, name: string): string | null {
  const value = step.details[name];
  if (typeof value === 'string' && value !== '') return value;
  return typeof value === 'number' ? String(value) : null;
}
