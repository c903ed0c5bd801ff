import type { AlertView } from '@nigehban/domain/api/http-types.ts';
import { Link } from '@tanstack/react-router';
import { History, Radio } from 'lucide-react';
import { useCan } from '../app/session.ts';
import { Code, useI18n } from '../i18n/i18n.tsx';
import { StatusBadge } from '../status/status-mark.tsx';
import { cameraTone } from '../status/status-tone.ts';
import controls from '../ui/controls.module.css';
import styles from './alerts-page.module.css';

/** Playback of an alert starts this long before the picture was lost. */
const leadInMs = 30_000;

/** The cameras that are down: what was found, and the ways to look: live, and before it happened. */
export function AlertCauses(props: { readonly alert: AlertView }) {
  const { t } = useI18n();
  const { alert } = props;
  const mayWatch = useCan('live.watch');
  const mayPlay = useCan('footage.play');
  return (
    <section className={styles.causes}>
      <h3>{t('alerts.causes')}</h3>
      <ul>
        {alert.causes.map((cause) => (
          <li key={cause.cameraId}>
            <div className={styles.causeHead}>
              <Link to="/cameras/$id" params={{ id: String(cause.cameraId) }}>
                <Code>{cause.cameraCode}</Code>
              </Link>
              <StatusBadge tone={cameraTone[cause.state]}>
                {t(`camera.state.${cause.state}`)}
              </StatusBadge>
            </div>
            {cause.fault !== null && (
              <p>
                {t(`fault.${cause.fault}`)}{' '}
                <span className={styles.muted}>{t(`fault.${cause.fault}.next`)}</span>
              </p>
            )}
            <div className={styles.actions}>
              {mayWatch && (
                <Link
                  to="/cameras/$id"
                  params={{ id: String(cause.cameraId) }}
                  className={controls.button}
                >
                  <Radio aria-hidden="true" />
                  {t('alerts.live')}
                </Link>
              )}
              {mayPlay && (
                <Link
                  to="/cameras/$id"
                  params={{ id: String(cause.cameraId) }}
                  search={{ t: alert.sinceMs - leadInMs }}
                  className={controls.button}
                  data-testid="alert-before"
                >
                  <History aria-hidden="true" />
                  {t('alerts.before')}
                </Link>
              )}
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}
