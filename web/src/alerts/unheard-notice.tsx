import type { AlertStep, IncidentStep } from '@nigehban/domain/api/alert-types.ts';
import { escalationLevels } from '@nigehban/domain/notice-occasion.ts';
import { useI18n } from '../i18n/i18n.tsx';
import styles from './alerts-page.module.css';

/** Says that the last escalation by hand reached nobody: somebody has to be called instead. */
export function UnheardNotice(props: { readonly steps: readonly (AlertStep | IncidentStep)[] }) {
  const { t } = useI18n();
  const last = props.steps.findLast(({ step }) => step === 'escalated');
  const level = escalationLevels.find((one) => one === last?.details.level);
  if (level === undefined || last?.details.recipients !== 0) return null;
  return (
    <p className={styles.conflict} role="status" data-testid="escalate-unheard">
      {t(`alerts.escalate.unheard.${level}`)}
    </p>
  );
}
