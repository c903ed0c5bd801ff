import {
  decideManualEscalation,
  type Escalatable,
  type ManualEscalation,
} from '@nigehban/domain/manual-escalation.ts';
import { CircleArrowUp } from 'lucide-react';
import { useId } from 'react';
import { useHotkeys } from '../app/hotkeys.ts';
import { useSession } from '../app/session.ts';
import { useI18n } from '../i18n/i18n.tsx';
import controls from '../ui/controls.module.css';
import styles from './alerts-page.module.css';

export type Climb = Extract<ManualEscalation, { readonly kind: 'climbs' }>;

/** Hands an alert or incident one level up, also by the key U; says why not where that is no use. */
export function EscalateButton(props: {
  readonly subject: Escalatable;
  /** From the level that is shown. Undefined where nothing can be done. */
  readonly onEscalate: ((climb: Climb) => void) | undefined;
}) {
  const { t } = useI18n();
  const session = useSession();
  const whyId = useId();
  const decision = session === null ? null : decideManualEscalation(props.subject, session.role);
  const escalate = (): void => {
    if (decision?.kind === 'climbs') props.onEscalate?.(decision);
  };
  useHotkeys([{ keys: ['u'], run: escalate }]);
  if (decision === null) return null;
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
      onClick={escalate}
      data-testid="escalate"
    >
      <CircleArrowUp aria-hidden="true" />
      {t(`alerts.escalate.${decision.to}`)}
      <kbd className={styles.keyHint}>U</kbd>
    </button>
  );
}
