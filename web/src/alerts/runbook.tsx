import type { IncidentView } from '@nigehban/domain/api/alert-types.ts';
import type { AlertView } from '@nigehban/domain/api/http-types.ts';
import { useI18n } from '../i18n/i18n.tsx';
import styles from './alerts-page.module.css';
import { stepsForAlert, stepsForIncident } from './runbook-steps.ts';

/** What to do, step by step, in the reader's language. */
function Runbook(props: { readonly steps: readonly string[] }) {
  const { t } = useI18n();
  return (
    <section className={styles.panel} data-testid="runbook">
      <h3>{t('alerts.runbook')}</h3>
      <ol className={styles.runbook}>
        {props.steps.map((step) => (
          <li key={step}>{step}</li>
        ))}
      </ol>
    </section>
  );
}

export function AlertRunbook(props: { readonly alert: AlertView }) {
  const { language } = useI18n();
  return <Runbook steps={stepsForAlert(props.alert.causes, language)} />;
}

export function IncidentRunbook(props: { readonly incident: IncidentView }) {
  const { language } = useI18n();
  return <Runbook steps={stepsForIncident(props.incident.cause.kind, language)} />;
}
