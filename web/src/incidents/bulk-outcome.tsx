import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import styles from '../alerts/alerts-page.module.css';
import type { AcknowledgeOutcome } from '../alerts/use-acknowledge.ts';
import { Code, useI18n } from '../i18n/i18n.tsx';
import controls from '../ui/controls.module.css';
import { FaultNotice } from '../ui/notice.tsx';

const shownAtFirst = 20;

/** What came of acknowledging a whole incident: how many, and which somebody else was quicker with. */
export function BulkOutcome(props: {
  readonly incidentId: number;
  readonly outcome: AcknowledgeOutcome;
  readonly nowMs: number;
}) {
  const { t, pick, moment } = useI18n();
  const [all, setAll] = useState(false);
  const { outcome, nowMs } = props;
  if (outcome?.kind === 'fault' && outcome.of === 'incident' && outcome.id === props.incidentId) {
    return <FaultNotice fault={outcome.fault} />;
  }
  if (outcome?.kind !== 'incident' || outcome.incidentId !== props.incidentId) return null;
  const { conflicts } = outcome;
  const shown = all ? conflicts : conflicts.slice(0, shownAtFirst);
  return (
    <div className={styles.conflict} role="status" data-testid="bulk-outcome">
      <p>
        {t('incidents.acknowledged', { count: outcome.acknowledged })}
        {conflicts.length > 0 && <> {t('incidents.conflicts', { count: conflicts.length })}</>}
      </p>
      {shown.length > 0 && (
        <ul>
          {shown.map((alert) => (
            <li key={alert.id}>
              <Link to="/alerts" search={{ sel: alert.id }}>
                {pick(alert.stationName, alert.stationNameUr)}
              </Link>{' '}
              <Code>{alert.stationCode}</Code>{' '}
              {alert.acknowledgedBy === null || alert.acknowledgedAtMs === null
                ? t(
                    alert.state === 'closed'
                      ? 'incidents.conflict.closed'
                      : 'incidents.conflict.changed',
                  )
                : t('alerts.acknowledgedBy', {
                    name: alert.acknowledgedBy,
                    time: moment(alert.acknowledgedAtMs, nowMs),
                  })}
            </li>
          ))}
        </ul>
      )}
      {shown.length < conflicts.length && (
        <button type="button" className={controls.button} onClick={() => setAll(true)}>
          {t('incidents.conflicts.all')}
        </button>
      )}
    </div>
  );
}
