import type { CameraTransition } from '@nigehban/domain/api/http-types.ts';
import { Code, useI18n } from '../i18n/i18n.tsx';
import { StatusBadge } from '../status/status-mark.tsx';
import { cameraTone } from '../status/status-tone.ts';
import styles from './camera-page.module.css';

/** When the camera's state changed, newest first. */
export function CameraHistory(props: {
  readonly history: readonly CameraTransition[];
  readonly nowMs: number;
}) {
  const { t, moment } = useI18n();
  return (
    <section className={styles.panel}>
      <h2>{t('camera.history')}</h2>
      {props.history.length === 0 ? (
        <p className={styles.muted}>{t('camera.history.none')}</p>
      ) : (
        <ol className={styles.history}>
          {props.history.map((change) => (
            <li key={`${change.atMs}-${change.to}`}>
              <span className={styles.when}>{moment(change.atMs, props.nowMs)}</span>
              <StatusBadge tone={cameraTone[change.to]}>
                {t(`camera.state.${change.to}`)}
              </StatusBadge>
              {change.evidence !== null && (
                <Code className={styles.evidence}>{change.evidence}</Code>
              )}
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
