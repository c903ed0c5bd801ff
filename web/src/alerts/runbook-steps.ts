import type { AlertView } from '@nigehban/domain/api/http-types.ts';
import type { CameraStateKind } from '@nigehban/domain/camera-state.ts';
import type { IncidentCauseKind } from '@nigehban/domain/incident.ts';
import runbooks from './runbooks.json' with { type: 'json' };

type RunbookName = keyof typeof runbooks;

const nameOfState: Readonly<Record<CameraStateKind, RunbookName>> = {
  UNKNOWN: 'other',
  ONLINE: 'other',
  SUSPECTED: 'other',
  DEGRADED: 'other',
  UNREACHABLE: 'UNREACHABLE',
  REFUSED: 'REFUSED',
  FAILED: 'FAILED',
  SILENT: 'SILENT',
  FROZEN: 'FROZEN',
  COVERED: 'COVERED',
  DARK: 'DARK',
  MOVED: 'MOVED',
  BLURRED: 'BLURRED',
};

/** What to do about an alert: by the state that most of its cameras are in. */
export function stepsForAlert(
  causes: Pick<AlertView, 'causes'>['causes'],
  language: 'en' | 'ur',
): readonly string[] {
  const counts = new Map<RunbookName, number>();
  for (const { state } of causes) {
    const name = nameOfState[state];
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const [most] = [...counts].sort((a, b) => b[1] - a[1]);
  return runbooks[most?.[0] ?? 'other'][language];
}

export function stepsForIncident(
  cause: IncidentCauseKind,
  language: 'en' | 'ur',
): readonly string[] {
  return runbooks[cause][language];
}
