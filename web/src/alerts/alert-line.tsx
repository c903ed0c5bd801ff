import type { AlertView } from '@nigehban/domain/api/http-types.ts';
import { Link } from '@tanstack/react-router';
import { useI18n } from '../i18n/i18n.tsx';
import { StatusBadge } from '../status/status-mark.tsx';
import { alertTone } from '../status/status-tone.ts';
import styles from './alerts-page.module.css';

/** One alert of a station's history in one line. */
export function AlertLine(props: { readonly alert: AlertView; readonly nowMs: number }) {
  const { t, age, moment } = useI18n();
  const { alert, nowMs } = props;
  return (
    <Link
      to="/alerts"
      search={{ sel: alert.id, ...(alert.state === 'closed' ? { state: 'closed' } : {}) }}
      className={styles.line}
    >
      <StatusBadge tone={alert.state === 'closed' ? 'none' : alertTone[alert.kind]}>
        {t(`alerts.kind.${alert.kind}`)}
      </StatusBadge>
      <span>{moment(alert.openedAtMs, nowMs)}</span>
      <span className={styles.muted}>
        {alert.closedAtMs === null
          ? t('alerts.ongoing', { age: age(nowMs - alert.openedAtMs) })
          : t('alerts.duration', { age: age(alert.closedAtMs - alert.openedAtMs) })}
      </span>
      <span className={styles.muted}>{t(`alerts.state.${alert.state}`)}</span>
    </Link>
  );
}
