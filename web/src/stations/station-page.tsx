import type { CameraView, StationDetail, StationView } from '@nigehban/domain/api/http-types.ts';
import { placements } from '@nigehban/domain/camera.ts';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { ArrowLeft, Grid2x2, Siren, VideoOff } from 'lucide-react';
import { useEffect, useMemo, useState } from 'react';
import { AlertLine } from '../alerts/alert-line.tsx';
import { api } from '../api/api-client.ts';
import { useFleet, useServerNow, useStation, useStationAlert } from '../app/services.tsx';
import { useCan } from '../app/session.ts';
import { CameraCard } from '../camera/camera-card.tsx';
import { Code, useI18n } from '../i18n/i18n.tsx';
import { StatusBadge } from '../status/status-mark.tsx';
import { stationTone } from '../status/status-tone.ts';
import { classNames } from '../ui/class-names.ts';
import controls from '../ui/controls.module.css';
import { EmptyNotice, FaultNotice, LoadingRows } from '../ui/notice.tsx';
import { layoutFor } from '../wall/wall-layout.ts';
import styles from './station-page.module.css';
import { SupplyFacts } from './supply-facts.tsx';
import { SupplyForm } from './supply-form.tsx';

const route = getRouteApi('/stations/$code');

/** One polling station: where it is, how its cameras are, and what alerts it had. */
export function StationPage() {
  const { code } = route.useParams();
  const station = useStation(code);
  const alert = useStationAlert(code);
  const detail = useQuery({ queryKey: ['station', code], queryFn: () => api.station(code) });
  const version = `${station?.state}:${station?.down}:${alert?.id}:${alert?.version}`;
  const { refetch } = detail;
  // biome-ignore lint/correctness/useExhaustiveDependencies: what the ws told makes the detail old
  useEffect(() => void refetch(), [version, refetch]);

  if (detail.isError && detail.data === undefined) {
    return (
      <div className={styles.page}>
        <FaultNotice fault={detail.error} onRetry={() => void refetch()} />
      </div>
    );
  }
  if (detail.data === undefined) return <LoadingRows rows={5} />;
  return <Station detail={detail.data} station={station ?? detail.data} />;
}

function Station(props: { readonly detail: StationDetail; readonly station: StationView }) {
  const { t } = useI18n();
  const { detail, station } = props;
  const { cameras } = useFleet();
  const nowMs = useServerNow(1_000);
  const list = useMemo(() => {
    const live = new Map(cameras.map((camera) => [camera.id, camera]));
    return detail.cameraList
      .map((camera) => live.get(camera.id) ?? camera)
      .sort(
        (a, b) =>
          placements.indexOf(a.placement) - placements.indexOf(b.placement) ||
          a.code.localeCompare(b.code, 'en', { numeric: true }),
      );
  }, [cameras, detail.cameraList]);

  return (
    <div className={styles.page}>
      <StationHeader detail={detail} station={station} cameras={list} nowMs={nowMs} />
      <section aria-labelledby="station-cameras">
        <h2 id="station-cameras">{t('station.cameras')}</h2>
        {list.length === 0 ? (
          <EmptyNotice icon={<VideoOff aria-hidden="true" />} title={t('station.noCameras')} />
        ) : (
          <ul className={styles.cameras}>
            {list.map((camera) => (
              <li key={camera.id}>
                <CameraCard camera={camera} nowMs={nowMs} />
              </li>
            ))}
          </ul>
        )}
      </section>
      <section aria-labelledby="station-alerts">
        <h2 id="station-alerts">{t('station.alerts')}</h2>
        {detail.alerts.length === 0 ? (
          <p className={styles.none}>{t('station.noAlerts')}</p>
        ) : (
          <ul className={styles.alerts}>
            {detail.alerts.map((alert) => (
              <li key={alert.id}>
                <AlertLine alert={alert} nowMs={nowMs} />
              </li>
            ))}
          </ul>
        )}
      </section>
    </div>
  );
}

function StationHeader(props: {
  readonly detail: StationDetail;
  readonly station: StationView;
  readonly cameras: readonly CameraView[];
  readonly nowMs: number;
}) {
  const { t, language, pick, age, moment } = useI18n();
  const { detail, station, cameras, nowMs } = props;
  const mayWatch = useCan('live.watch');
  const [changing, setChanging] = useState(false);
  const other = language === 'ur' ? station.name : station.nameUr;
  return (
    <header className={styles.header}>
      <Link to="/stations" className={styles.back}>
        <ArrowLeft aria-hidden="true" data-directional="true" />
        {t('station.back')}
      </Link>
      <div className={styles.titles}>
        <h1>{pick(station.name, station.nameUr)}</h1>
        <p
          className={styles.otherName}
          lang={language === 'ur' ? 'en' : 'ur'}
          dir={language === 'ur' ? 'ltr' : 'rtl'}
        >
          {other}
        </p>
      </div>
      <div className={styles.state}>
        <StatusBadge tone={stationTone[station.state]}>
          {t(`station.state.${station.state}`)}
        </StatusBadge>
        {station.sinceMs !== null && (
          <span className={styles.muted}>
            {t('sinceFor', {
              time: moment(station.sinceMs, nowMs),
              age: age(nowMs - station.sinceMs),
            })}
          </span>
        )}
      </div>
      <dl className={styles.facts}>
        <div>
          <dt>{t('stations.column.code')}</dt>
          <dd>
            <Code>{station.code}</Code>
          </dd>
        </div>
        <div>
          <dt>{t('station.seat')}</dt>
          <dd>
            <Code>{station.constituency}</Code>
          </dd>
        </div>
        <div>
          <dt>{t('station.district')}</dt>
          <dd>{pick(station.district, station.districtUr)}</dd>
        </div>
        <div>
          <dt>{t('station.category')}</dt>
          <dd>{t(`station.category.${station.category}`)}</dd>
        </div>
        {station.lat !== null && station.lon !== null && (
          <div>
            <dt>{t('station.coordinates')}</dt>
            <dd>
              <Code>
                {station.lat.toFixed(4)}, {station.lon.toFixed(4)}
              </Code>
            </dd>
          </div>
        )}
        <SupplyFacts detail={detail} onChange={() => setChanging(true)} />
      </dl>
      {changing && <SupplyForm station={detail} onClose={() => setChanging(false)} />}
      <div className={styles.actions}>
        {station.openAlertId !== null && (
          <Link
            to="/alerts"
            search={{ sel: station.openAlertId }}
            className={classNames(controls.button, styles.alarm)}
          >
            <Siren aria-hidden="true" />
            {t('station.openAlert')}
          </Link>
        )}
        {mayWatch && cameras.length > 0 && (
          <Link
            to="/wall/$layout"
            params={{ layout: String(layoutFor(cameras.length)) }}
            search={{ cams: cameras.map((camera) => camera.id).join() }}
            className={controls.button}
          >
            <Grid2x2 aria-hidden="true" />
            {t('station.toWall')}
          </Link>
        )}
      </div>
    </header>
  );
}
