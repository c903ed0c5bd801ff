import type { CameraDetail, CameraView } from '@nigehban/domain/api/http-types.ts';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { ArrowLeft, EyeOff, History, Radio } from 'lucide-react';
import { lazy, Suspense, useCallback, useEffect } from 'react';
import { api } from '../api/api-client.ts';
import { useHotkeys } from '../app/hotkeys.ts';
import { useCamera, useServerNow, useServices } from '../app/services.tsx';
import { useCan } from '../app/session.ts';
import { Code, useI18n } from '../i18n/i18n.tsx';
import { StatusBadge } from '../status/status-mark.tsx';
import { cameraTone } from '../status/status-tone.ts';
import controls from '../ui/controls.module.css';
import { EmptyNotice, FaultNotice, LoadingRows } from '../ui/notice.tsx';
import { ViewPanel } from '../views/view-panel.tsx';
import { LiveSourceProvider } from '../wall/live-source.tsx';
import { Tile } from '../wall/tile.tsx';
import { useHiddenView } from '../wall/unapproved.tsx';
import { useDocumentVisible } from '../wall/use-document-visible.ts';
import { AssignmentsPanel } from './assignments-panel.tsx';
import { AvailabilityPanel } from './availability-panel.tsx';
import { CameraFacts } from './camera-facts.tsx';
import { CameraHistory } from './camera-history.tsx';
import { placementName } from './camera-names.ts';
import styles from './camera-page.module.css';
import { CameraStatusPanel } from './camera-status-panel.tsx';
import { CameraTools } from './camera-tools.tsx';
import { PolicyPanel } from './policy-panel.tsx';

const route = getRouteApi('/cameras/$id');
const PlaybackPanel = lazy(async () => ({
  default: (await import('../playback/playback-panel.tsx')).PlaybackPanel,
}));

const countersEveryMs = 10_000;
/** Playback that is opened without a moment starts this long ago. */
const firstLookBackMs = 60_000;

/** One camera: live or its recording, how it is and why, and what a technician can ask it. */
export function CameraPage() {
  const id = Number(route.useParams().id);
  const live = useCamera(id);
  const detail = useQuery({
    queryKey: ['camera', id],
    queryFn: () => api.camera(id),
    refetchInterval: countersEveryMs,
  });
  const { refetch } = detail;
  const version = `${live?.state}:${live?.sinceMs}:${live?.fault}`;
  // biome-ignore lint/correctness/useExhaustiveDependencies: what the ws told makes the detail old
  useEffect(() => void refetch(), [version, refetch]);
  if (detail.isError && detail.data === undefined) {
    return (
      <div className={styles.page}>
        <FaultNotice fault={detail.error} onRetry={() => void refetch()} />
      </div>
    );
  }
  if (detail.data === undefined) return <LoadingRows rows={6} />;
  return (
    <LiveSourceProvider>
      <Camera detail={detail.data} camera={live ?? detail.data} />
    </LiveSourceProvider>
  );
}

function Camera(props: { readonly detail: CameraDetail; readonly camera: CameraView }) {
  const { t } = useI18n();
  const { detail, camera } = props;
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { clock } = useServices();
  const nowMs = useServerNow(1_000);
  const mayWatch = useCan('live.watch');
  const mayPlay = useCan('footage.play');
  const mayProbe = useCan('camera.probe');
  const hidden = useHiddenView(camera);
  const atMs = mayPlay && !hidden ? search.t : undefined;
  const goLive = (): void => void navigate({ search: {} });
  const goBack = (): void =>
    void navigate({ search: { t: Math.round(clock.nowMs()) - firstLookBackMs } });
  const jump = useCallback(
    (to: number) => void navigate({ search: { t: Math.round(to) } }),
    [navigate],
  );
  useHotkeys([{ keys: ['l'], run: goLive }]);

  return (
    <div className={styles.page}>
      <header className={styles.header}>
        <Link to="/stations/$code" params={{ code: camera.stationCode }} className={styles.back}>
          <ArrowLeft aria-hidden="true" data-directional="true" />
          <StationName detail={detail} />
        </Link>
        <h1>{placementName(camera, t)}</h1>
        <Code className={styles.code}>{camera.code}</Code>
        <StatusBadge tone={cameraTone[camera.state]}>
          {t(`camera.state.${camera.state}`)}
        </StatusBadge>
        <span className={styles.spacer} />
        {mayPlay && mayWatch && (
          // biome-ignore lint/a11y/useSemanticElements: buttons in a row, no form
          <div className={controls.group} role="group" aria-label={t('camera.quality')}>
            <button type="button" aria-pressed={atMs === undefined} onClick={goLive}>
              <Radio aria-hidden="true" className={styles.icon} />
              {t('camera.live')}
            </button>
            <button
              type="button"
              aria-pressed={atMs !== undefined}
              onClick={goBack}
              data-testid="camera-playback"
            >
              <History aria-hidden="true" className={styles.icon} />
              {t('camera.playback')}
            </button>
          </div>
        )}
      </header>
      <div className={styles.columns}>
        <div className={styles.pictures}>
          {atMs !== undefined ? (
            <Suspense fallback={<LoadingRows rows={4} />}>
              <PlaybackPanel camera={detail} atMs={atMs} onJump={jump} />
            </Suspense>
          ) : mayWatch ? (
            <LiveView camera={camera} />
          ) : (
            <EmptyNotice icon={<EyeOff aria-hidden="true" />} title={t('camera.liveDenied')} />
          )}
          {atMs === undefined && (
            <div className={styles.more}>
              <ViewPanel camera={camera} nowMs={nowMs} />
              <AvailabilityPanel cameraId={camera.id} nowMs={nowMs} />
              {mayProbe && <PolicyPanel cameraId={camera.id} nowMs={nowMs} />}
              <CameraHistory
                key={camera.id}
                cameraId={camera.id}
                history={detail.history}
                nowMs={nowMs}
              />
              <AssignmentsPanel camera={camera} nowMs={nowMs} />
            </div>
          )}
        </div>
        <div className={styles.facts}>
          <CameraStatusPanel camera={camera} detail={detail} nowMs={nowMs} />
          {mayProbe && <CameraTools cameraId={camera.id} code={camera.code} />}
          <CameraFacts detail={detail} />
        </div>
      </div>
    </div>
  );
}

function StationName(props: { readonly detail: CameraDetail }) {
  const { pick } = useI18n();
  const { station } = props.detail;
  return <>{pick(station.name, station.nameUr)}</>;
}

function LiveView(props: { readonly camera: CameraView }) {
  const visible = useDocumentVisible();
  const quality = props.camera.live.includes('main') ? 'main' : 'sub';
  return (
    <div className={styles.live}>
      <Tile
        camera={props.camera}
        quality={quality}
        enabled={visible}
        enlarged={false}
        selected={true}
        tabIndex={-1}
        actions={{}}
      />
    </div>
  );
}
