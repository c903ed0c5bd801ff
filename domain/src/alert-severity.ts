import type { AlertSeverity } from './api/alert-types.ts';
import type { Placement } from './camera.ts';
import type { PollPhase } from './election-phase.ts';
import type { StationCategory } from './station-state.ts';

export type AlertKind = 'PARTIAL' | 'BLIND' | 'TAMPERED';

/** What the weight of an alert depends on. */
export interface AlertWeight {
  readonly phase: PollPhase;
  readonly kind: AlertKind;
  readonly category: StationCategory;
  readonly lostPlacements: readonly Placement[];
  readonly missingPlacements: readonly Placement[];
  readonly coverageShare: number;
  /** It was announced: load-shedding, a cut, maintenance, a silence. */
  readonly expected: boolean;
}

/**
 * How grave an outage is. While votes are cast or counted a blind station is critical, and so is a
 * count that nobody sees; where sealed bags are kept every lost view is. Outside of these nobody is
 * to be called from bed for it.
 */
export function decideSeverity(
  weight: Omit<AlertWeight, 'expected' | 'coverageShare'>,
): AlertSeverity {
  const { phase, kind, category } = weight;
  const unseen = [...weight.lostPlacements, ...weight.missingPlacements];
  const sensitive = category === 'HIGHLY_SENSITIVE';
  switch (phase) {
    case 'idle':
      return 'info';
    case 'install':
      return kind === 'BLIND' ? 'minor' : 'info';
    case 'drill':
    case 'eve':
      return kind === 'BLIND' ? 'major' : 'minor';
    case 'poll':
      if (kind === 'BLIND') return category === 'NORMAL' ? 'major' : 'critical';
      if (kind === 'TAMPERED') return sensitive ? 'major' : 'minor';
      return unseen.includes('BOOTH') || unseen.includes('QUEUE') ? 'major' : 'minor';
    case 'count':
      if (kind === 'BLIND') return 'critical';
      if (weight.missingPlacements.includes('COUNT_TABLE')) return 'critical';
      if (kind === 'TAMPERED') return 'major';
      return unseen.includes('BOOTH') || unseen.includes('RO_OFFICE') ? 'major' : 'minor';
    case 'custody':
      if (unseen.includes('STRONGROOM')) return 'critical';
      // A camera that was turned away from sealed bags is a lost view, whichever placement it has.
      return kind !== 'PARTIAL' || unseen.includes('RO_OFFICE') ? 'major' : 'minor';
  }
}

const severityWeight: Readonly<Record<AlertSeverity, number>> = {
  critical: 3,
  major: 2,
  minor: 1,
  info: 0,
};
const categoryWeight: Readonly<Record<StationCategory, number>> = {
  HIGHLY_SENSITIVE: 2,
  SENSITIVE: 1,
  NORMAL: 0,
};
const kindWeight: Readonly<Record<AlertKind, number>> = { BLIND: 2, TAMPERED: 1, PARTIAL: 0 };

/** Order in the inbox, the higher the worse: not expected, severity, category, kind, share unseen. */
export function rankAlert(weight: AlertWeight): number {
  const severity = severityWeight[decideSeverity(weight)];
  const unseen = Math.round((1 - weight.coverageShare) * 9);
  return (
    (weight.expected ? 0 : 10_000) +
    severity * 1_000 +
    categoryWeight[weight.category] * 100 +
    kindWeight[weight.kind] * 10 +
    unseen
  );
}

export function worstSeverity(list: readonly AlertSeverity[]): AlertSeverity {
  return list.reduce<AlertSeverity>(
    (worst, one) => (severityWeight[one] > severityWeight[worst] ? one : worst),
    'info',
  );
}
