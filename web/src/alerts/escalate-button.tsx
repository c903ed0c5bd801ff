import { decideManualEscalation, type Escalatable } from '@nigehban/domain/manual-escalation.ts';
import { CircleArrowUp } from 'lucide-react';
import { useId } from 'react';
import { useSession } from '../app/session.ts';
import { useI18n } from '../i18n/i18n.tsx';
import controls from '../ui/controls.module.css';
import styles from './alerts-page.module.css';

/** Hands an alert or incident one level up; says why not where that is no use. */
export function EscalateButton(props: {
  readonly subject: Escalatable;
  readonly onEscalate: (() => void) | undefined;
}) {
  const { t } = useI18n();
  const session = useSession();
  const whyId = useId();
  if (session === null) return null;
  const decision = decideManualEscalation(props.subject, session.role);
  if (decision.kind === 'refused') {
    if (decision.why === 'role') return null;
    return (
      <span className={styles.refused}>
        <button
          type="button"
          className={controls.button}
          disabled
          aria-describedby={whyId}
          data-testid="escalate"
        >
          <CircleArrowUp aria-hidden="true" />
          {t('alerts.escalate')}
        </button>
        <span id={whyId} data-testid="escalate-refused">
          {t(`alerts.escalate.refused.${decision.why}`)}
        </span>
      </span>
    );
  }
  return (
    <button
      type="button"
      className={controls.button}
      aria-keyshortcuts="U"
      onClick={props.onEscalate}
      data-testid="escalate"
    >
      <CircleArrowUp aria-hidden="true" />
      {t(`alerts.escalate.${decision.to}`)}
      <kbd className={styles.keyHint}>U</kbd>
    </button>
  );
}
