import type { PollPhase } from '@nigehban/domain/election-phase.ts';
import { CalendarClock } from 'lucide-react';
import { useI18n } from '../i18n/i18n.tsx';
import styles from './phases.module.css';

/** Where a district stands in the election. */
export function PhaseBadge(props: { readonly phase: PollPhase }) {
  const { t } = useI18n();
  return (
    <span className={styles.badge} data-phase={props.phase}>
      <CalendarClock aria-hidden="true" />
      {t(`phase.${props.phase}`)}
    </span>
  );
}
