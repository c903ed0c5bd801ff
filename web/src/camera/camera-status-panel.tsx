import type { CameraDetail, CameraView } from '@nigehban/domain/api/http-types.ts';
import { Activity, Cctv, Clock, Film, Network, Scan } from 'lucide-react';
import type { ReactNode } from 'react';
import { Code, useI18n } from '../i18n/i18n.tsx';
import { StatusBadge, StatusMark } from '../status/status-mark.tsx';
import { cameraTone } from '../status/status-tone.ts';
import own from './camera-checks.module.css';
import { type CheckKind, checkCamera } from './camera-checks.ts';
import panel from './camera-panel.module.css';

const icons: Readonly<Record<CheckKind, ReactNode>> = {
  network: <Network aria-hidden="true" />,
  link: <Cctv aria-hidden="true" />,
  stream: <Activity aria-hidden="true" />,
  recording: <Film aria-hidden="true" />,
  clock: <Clock aria-hidden="true" />,
  view: <Scan aria-hidden="true" />,
};

/** How the camera is, since when, why, what was found, and for each part what to do next. */
export function CameraStatusPanel(props: {
  readonly camera: CameraView;
  readonly detail: CameraDetail;
  readonly nowMs: number;
}) {
  const { t, age, moment } = useI18n();
  const { camera, detail, nowMs } = props;
  return (
    <section className={panel.panel} data-tone={cameraTone[camera.state]}>
      <h2>{t('camera.status')}</h2>
      <div className={panel.statusLine}>
        <StatusBadge tone={cameraTone[camera.state]}>
          {t(`camera.state.${camera.state}`)}
        </StatusBadge>
        <span className={panel.muted}>
          {t('sinceFor', {
            time: moment(camera.sinceMs, nowMs),
            age: age(nowMs - camera.sinceMs),
          })}
        </span>
      </div>
      {detail.flappingSinceMs !== null && (
        <p className={panel.warning}>
          {t('camera.flapping', { time: moment(detail.flappingSinceMs, nowMs) })}
        </p>
      )}
      {camera.fault !== null && (
        <dl className={panel.rows}>
          <div>
            <dt>{t('camera.cause')}</dt>
            <dd>
              <strong>{t(`fault.${camera.fault}`)}</strong>{' '}
              <Code className={panel.muted}>{camera.fault}</Code>
            </dd>
          </div>
          {detail.evidence !== null && (
            <div>
              <dt>{t('camera.evidence')}</dt>
              <dd>
                <bdi dir="ltr" className={panel.evidence}>
                  {detail.evidence}
                </bdi>
              </dd>
            </div>
          )}
        </dl>
      )}
      <ul className={own.checks} data-testid="camera-checks">
        {checkCamera(camera, detail).map((check) => (
          <li key={check.kind} data-check={check.kind} data-tone={check.tone}>
            <span className={own.checkIcon}>{icons[check.kind]}</span>
            <span className={own.checkName}>
              {t(`check.${check.kind}`)}
              <StatusMark tone={check.tone} />
              <span className={own.checkTone}>{t(`check.tone.${check.tone}`)}</span>
            </span>
            <span className={own.checkText}>
              {t(check.text)}
              {check.kind === 'clock' && detail.clockOffsetMs !== null && check.tone !== 'ok' && (
                <>
                  {' '}
                  <ClockOffset offsetMs={detail.clockOffsetMs} />
                </>
              )}
            </span>
            {check.next !== null && (
              <strong>
                {t('check.next')} {t(check.next)}
              </strong>
            )}
            {check.evidence !== null && check.evidence !== detail.evidence && (
              <bdi dir="ltr" className={own.checkEvidence}>
                {check.evidence}
              </bdi>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

const secondsUpToMs = 120_000;

/** `8.2 s ahead of ours` */
export function ClockOffset(props: { readonly offsetMs: number }) {
  const { t, age } = useI18n();
  const size = Math.abs(props.offsetMs);
  const value = size < secondsUpToMs ? `${(size / 1000).toFixed(1)} s` : age(size);
  return <>{t(props.offsetMs > 0 ? 'camera.clock.ahead' : 'camera.clock.behind', { value })}</>;
}
