import type { CameraDetail, CameraView } from '@nigehban/domain/api/http-types.ts';
import { CircleDot, CircleOff } from 'lucide-react';
import { Code, useI18n } from '../i18n/i18n.tsx';
import { StatusBadge } from '../status/status-mark.tsx';
import { cameraTone } from '../status/status-tone.ts';
import styles from './camera-page.module.css';

/** How the camera is, since when, why, what was found, and what to do next. */
export function CameraStatusPanel(props: {
  readonly camera: CameraView;
  readonly detail: CameraDetail;
  readonly nowMs: number;
}) {
  const { t, age, moment } = useI18n();
  const { camera, detail, nowMs } = props;
  return (
    <section className={styles.panel} data-tone={cameraTone[camera.state]}>
      <h2>{t('camera.status')}</h2>
      <div className={styles.statusLine}>
        <StatusBadge tone={cameraTone[camera.state]}>
          {t(`camera.state.${camera.state}`)}
        </StatusBadge>
        <span className={styles.muted}>
          {t('sinceFor', {
            time: moment(camera.sinceMs, nowMs),
            age: age(nowMs - camera.sinceMs),
          })}
        </span>
      </div>
      {camera.fault === null ? (
        camera.state === 'ONLINE' && <p className={styles.muted}>{t('camera.well')}</p>
      ) : (
        <dl className={styles.rows}>
          <div>
            <dt>{t('camera.cause')}</dt>
            <dd>
              <strong>{t(`fault.${camera.fault}`)}</strong>{' '}
              <Code className={styles.muted}>{camera.fault}</Code>
            </dd>
          </div>
          {detail.evidence !== null && (
            <div>
              <dt>{t('camera.evidence')}</dt>
              <dd>
                <bdi dir="ltr" className={styles.evidence}>
                  {detail.evidence}
                </bdi>
              </dd>
            </div>
          )}
          <div>
            <dt>{t('camera.nextAction')}</dt>
            <dd>{t(`fault.${camera.fault}.next`)}</dd>
          </div>
        </dl>
      )}
      <p className={styles.recording}>
        {camera.recording ? (
          <CircleDot aria-hidden="true" className={styles.on} />
        ) : (
          <CircleOff aria-hidden="true" />
        )}
        {t(camera.recording ? 'camera.recording' : 'camera.notRecording')}
      </p>
    </section>
  );
}
