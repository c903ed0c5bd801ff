import type { AlertView } from '@nigehban/domain/api/http-types.ts';
import { Link } from '@tanstack/react-router';
import { ArrowLeft, Check, Grid2x2, History, Landmark, Radio } from 'lucide-react';
import { useFleet, useStation } from '../app/services.tsx';
import { useCan } from '../app/session.ts';
import { Code, useI18n } from '../i18n/i18n.tsx';
import { StatusBadge } from '../status/status-mark.tsx';
import { alertTone, cameraTone } from '../status/status-tone.ts';
import { classNames } from '../ui/class-names.ts';
import controls from '../ui/controls.module.css';
import { FaultNotice } from '../ui/notice.tsx';
import { layoutFor, orderCameras } from '../wall/wall-layout.ts';
import styles from './alerts-page.module.css';

/** Playback of an alert starts this long before the picture was lost. */
const leadInMs = 30_000;

/** One alert: what was lost and why, and the ways to see it: live, before, on the wall. */
export function AlertDetail(props: {
  readonly alert: AlertView;
  readonly nowMs: number;
  readonly mayAcknowledge: boolean;
  readonly acknowledging: boolean;
  readonly fault: unknown;
  readonly onAcknowledge: () => void;
  readonly onBack: () => void;
}) {
  const { t, pick, age, moment } = useI18n();
  const { alert, nowMs } = props;
  const station = useStation(alert.stationCode);
  const mayWatch = useCan('live.watch');
  return (
    <>
      <button
        type="button"
        className={classNames(controls.button, controls.quiet, styles.back)}
        onClick={props.onBack}
      >
        <ArrowLeft aria-hidden="true" data-directional="true" />
        {t('alerts.back')}
      </button>
      <header className={styles.detailHeader}>
        <StatusBadge tone={alert.state === 'closed' ? 'none' : alertTone[alert.kind]}>
          {t(`alerts.kind.${alert.kind}`)}
        </StatusBadge>
        <h2>{pick(alert.stationName, alert.stationNameUr)}</h2>
        <p className={styles.muted}>
          <Code>{alert.stationCode}</Code>
          {station !== null && <> · {pick(station.district, station.districtUr)}</>}
        </p>
      </header>

      <p className={styles.lead}>
        {t('alerts.down', { down: alert.down, cameras: alert.cameras })}
        {alert.lostPlacements.length > 0 && (
          <>
            {'. '}
            {t('alerts.lost', {
              placements: alert.lostPlacements
                .map((placement) => t(`placement.${placement}`))
                .join(t('alerts.listSeparator')),
            })}
          </>
        )}
      </p>

      <ol className={styles.times}>
        <li>
          {t('alerts.opened', { time: moment(alert.openedAtMs, nowMs) })}
          {alert.closedAtMs === null && (
            <span className={styles.muted}> ({age(nowMs - alert.openedAtMs)})</span>
          )}
        </li>
        {alert.acknowledgedAtMs !== null && (
          <li>
            {t('alerts.acknowledgedBy', {
              name: alert.acknowledgedBy ?? '',
              time: moment(alert.acknowledgedAtMs, nowMs),
            })}
          </li>
        )}
        {alert.closedAtMs !== null && (
          <li>
            {t('alerts.closed', { time: moment(alert.closedAtMs, nowMs) })}
            <span className={styles.muted}>
              {' '}
              ({t('alerts.duration', { age: age(alert.closedAtMs - alert.openedAtMs) })})
            </span>
          </li>
        )}
      </ol>

      {props.fault !== null && props.fault !== undefined && <FaultNotice fault={props.fault} />}

      <div className={styles.actions}>
        {alert.state === 'open' && props.mayAcknowledge && (
          <button
            type="button"
            className={classNames(controls.button, controls.primary)}
            aria-disabled={props.acknowledging}
            aria-keyshortcuts="A"
            onClick={props.onAcknowledge}
            data-testid="alert-acknowledge"
          >
            <Check aria-hidden="true" />
            {t(props.acknowledging ? 'alerts.acknowledging' : 'alerts.acknowledge')}
            <kbd className={styles.keyHint}>A</kbd>
          </button>
        )}
        <Link to="/stations/$code" params={{ code: alert.stationCode }} className={controls.button}>
          <Landmark aria-hidden="true" />
          {t('alerts.station')}
        </Link>
        {mayWatch && <WallLink stationCode={alert.stationCode} />}
      </div>

      {alert.causes.length > 0 && <Causes alert={alert} />}
    </>
  );
}

function WallLink(props: { readonly stationCode: string }) {
  const { t } = useI18n();
  const fleet = useFleet();
  const cameras = orderCameras(
    fleet.cameras.filter((camera) => camera.stationCode === props.stationCode),
  );
  if (cameras.length === 0) return null;
  return (
    <Link
      to="/wall/$layout"
      params={{ layout: String(layoutFor(cameras.length)) }}
      search={{ cams: cameras.join() }}
      className={controls.button}
    >
      <Grid2x2 aria-hidden="true" />
      {t('alerts.wall')}
    </Link>
  );
}

function Causes(props: { readonly alert: AlertView }) {
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
                  search={{ t: alert.openedAtMs - leadInMs }}
                  className={controls.button}
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
