import type { CameraDetail } from '@nigehban/domain/api/http-types.ts';
import type { Timeline } from '@nigehban/domain/footage.ts';
import { useQuery } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import { api, footageUrl } from '../api/api-client.ts';
import { useHotkeys } from '../app/hotkeys.ts';
import { useServerNow } from '../app/services.tsx';
import { useCan } from '../app/session.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { dayMs, formatTime, startOfDayMs } from '../i18n/station-time.ts';
import { TimelineSlider } from '../timeline/timeline.tsx';
import {
  clampView,
  findGap,
  followView,
  gapLeadInMs,
  joinMs,
  type TimelineView,
  zoomView,
} from '../timeline/timeline-view.ts';
import controls from '../ui/controls.module.css';
import { FaultNotice, LoadingRows } from '../ui/notice.tsx';
import { ExportPanel } from './export-panel.tsx';
import { GapList } from './gap-list.tsx';
import { PlaybackControls } from './playback-controls.tsx';
import { PlaybackEngine, type PlaybackState } from './playback-engine.ts';
import styles from './playback-panel.module.css';
import { codecName, nearestRecorded } from './playback-plan.ts';

const refreshTodayMs = 5_000;
const firstSpanMs = 2 * 3_600_000;
const rates = [0.5, 1, 2, 4, 8] as const;

/** One day of one camera: the recording, its timeline and its gaps. `atMs` is where to start. */
export function PlaybackPanel(props: {
  readonly camera: CameraDetail;
  readonly atMs: number;
  readonly onJump: (atMs: number) => void;
}) {
  const nowMs = useServerNow(1_000);
  const dayStartMs = startOfDayMs(props.atMs);
  const isToday = nowMs < dayStartMs + dayMs;
  const timeline = useQuery({
    queryKey: ['timeline', props.camera.id, dayStartMs],
    queryFn: () => api.timeline(props.camera.id, dayStartMs, dayStartMs + dayMs),
    refetchInterval: isToday ? refreshTodayMs : false,
  });
  if (timeline.isError && timeline.data === undefined) {
    return <FaultNotice fault={timeline.error} onRetry={() => void timeline.refetch()} />;
  }
  if (timeline.data === undefined) return <LoadingRows rows={4} />;
  return (
    <DayPlayer
      key={`${props.camera.id}-${dayStartMs}`}
      camera={props.camera}
      timeline={timeline.data}
      dayStartMs={dayStartMs}
      atMs={props.atMs}
      nowMs={nowMs}
      onJump={props.onJump}
    />
  );
}

interface DayPlayerProps {
  readonly camera: CameraDetail;
  readonly timeline: Timeline;
  readonly dayStartMs: number;
  readonly atMs: number;
  readonly nowMs: number;
  readonly onJump: (atMs: number) => void;
}

/** The engine of this day, from the video element's mounting on. */
function useEngine(props: DayPlayerProps) {
  const video = useRef<HTMLVideoElement>(null);
  const [engine, setEngine] = useState<PlaybackEngine | null>(null);
  const first = useRef(props);
  const cameraId = props.camera.id;
  const { dayStartMs, timeline, atMs } = props;
  useEffect(() => {
    const element = video.current;
    if (element === null || !('MediaSource' in window)) return;
    const created = new PlaybackEngine(
      {
        video: element,
        dayStartMs,
        load: (startUs, fromByte, signal) =>
          fetch(footageUrl(cameraId, startUs), {
            credentials: 'same-origin',
            signal,
            ...(fromByte === 0 ? {} : { headers: { range: `bytes=${fromByte}-` } }),
          }),
      },
      first.current.timeline,
    );
    setEngine(created);
    return () => created.close();
  }, [cameraId, dayStartMs]);
  useEffect(() => engine?.setTimeline(timeline), [engine, timeline]);
  useEffect(() => {
    if (engine === null) return;
    engine.seek(atMs);
    engine.play();
  }, [engine, atMs]);
  return { video, engine };
}

const nothing = () => () => undefined;
const loading: PlaybackState = { kind: 'loading' };

function DayPlayer(props: DayPlayerProps) {
  const { t } = useI18n();
  const { timeline, dayStartMs, nowMs } = props;
  const { video, engine } = useEngine(props);
  const state = useSyncExternalStore(
    engine?.subscribe ?? nothing,
    engine?.state ?? (() => loading),
  );
  const playing = useSyncExternalStore(
    engine?.subscribe ?? nothing,
    () => engine?.playing ?? false,
  );
  const mayExport = useCan('footage.export');
  const [rate, setRate] = useState(1);
  const [positionMs, setPositionMs] = useState(props.atMs);
  const [view, setView] = useState<TimelineView>(() =>
    clampView({ fromMs: props.atMs - firstSpanMs * 0.6, spanMs: firstSpanMs }, dayStartMs),
  );

  useEffect(() => {
    if (engine === null) return;
    const timer = setInterval(() => {
      const at = engine.positionMs();
      setPositionMs(at);
      if (engine.playing) setView((former) => followView(former, at, dayStartMs));
    }, 100);
    return () => clearInterval(timer);
  }, [engine, dayStartMs]);

  const seek = useCallback(
    (atMs: number) => {
      const at = Math.min(atMs, nowMs);
      // Another day is another page of the address; inside the day the engine goes there.
      if (at < dayStartMs || at >= dayStartMs + dayMs) props.onJump(Math.round(at));
      else {
        engine?.seek(at);
        setPositionMs(at);
        setView((former) => followView(former, at, dayStartMs));
      }
    },
    [engine, dayStartMs, nowMs, props.onJump],
  );
  const toggle = (): void => (playing ? engine?.pause() : engine?.play());
  const changeRate = (next: number): void => {
    engine?.setRate(next);
    setRate(next);
  };
  const zoom = (factor: number): void =>
    setView((former) => zoomView(former, factor, positionMs, dayStartMs));
  const goToGap = (step: 1 | -1): void => {
    const gap = findGap(timeline.gaps, positionMs, step);
    if (gap !== null) seek(gap.startMs - gapLeadInMs);
  };
  const jumpField = useRef<HTMLInputElement>(null);

  useHotkeys([
    { keys: [' '], run: toggle },
    { keys: ['ArrowLeft'], run: (event) => seek(positionMs - (event.shiftKey ? 60_000 : 5_000)) },
    { keys: ['ArrowRight'], run: (event) => seek(positionMs + (event.shiftKey ? 60_000 : 5_000)) },
    { keys: ['PageUp'], run: () => seek(positionMs - 600_000) },
    { keys: ['PageDown'], run: () => seek(positionMs + 600_000) },
    { keys: ['+', '='], run: () => zoom(0.5) },
    { keys: ['-', '−'], run: () => zoom(2) },
    { keys: ['n'], run: (event) => goToGap(event.shiftKey ? -1 : 1) },
    { keys: ['t'], run: () => jumpField.current?.focus() },
  ]);

  const gaps = useMemo(
    () => timeline.gaps.filter((gap) => gap.endMs - gap.startMs >= joinMs),
    [timeline.gaps],
  );

  return (
    <div className={styles.player}>
      <div className={styles.screen}>
        <video ref={video} muted playsInline data-testid="playback-video" />
        <PlaybackMessage state={state} timeline={timeline} atMs={positionMs} onSeek={seek} />
      </div>
      <PlaybackControls
        atMs={positionMs}
        dayStartMs={dayStartMs}
        nowMs={nowMs}
        playing={playing}
        rate={rate}
        rates={rates}
        jumpField={jumpField}
        onToggle={toggle}
        onRate={changeRate}
        onSeek={seek}
        onZoom={zoom}
        onJump={props.onJump}
      />
      <TimelineSlider
        timeline={timeline}
        dayStartMs={dayStartMs}
        nowMs={nowMs}
        atMs={positionMs}
        view={view}
        onView={setView}
        onSeek={seek}
      />
      <div className={styles.legend}>
        <span className={styles.recorded}>{t('playback.legend.recorded')}</span>
        <span className={styles.gap}>{t('playback.legend.gap')}</span>
        <span className={styles.none}>{t('playback.legend.none')}</span>
      </div>
      {mayExport && <ExportPanel cameraId={props.camera.id} atMs={positionMs} />}
      <GapList gaps={gaps} onSeek={(gap) => seek(gap.startMs - gapLeadInMs)} />
    </div>
  );
}

function PlaybackMessage(props: {
  readonly state: PlaybackState;
  readonly timeline: Timeline;
  readonly atMs: number;
  readonly onSeek: (atMs: number) => void;
}) {
  const { t } = useI18n();
  const { state, timeline } = props;
  if (!('MediaSource' in window)) {
    return (
      <p className={styles.message} role="status">
        {t('fault.PLAYBACK_UNSUPPORTED')} {t('fault.PLAYBACK_UNSUPPORTED.next')}
      </p>
    );
  }
  const nearest = nearestRecorded(timeline, props.atMs);
  switch (state.kind) {
    case 'ready':
      return null;
    case 'loading':
      return (
        <p className={`${styles.message} ${styles.late}`} role="status">
          {t('playback.loading')}
        </p>
      );
    case 'gap': {
      const to = formatTime(state.untilMs);
      const span =
        state.fromMs === null
          ? t('playback.gapUnknown', { from: formatTime(props.atMs), to })
          : state.cause === null
            ? t('playback.gapUnknown', { from: formatTime(state.fromMs), to })
            : t('playback.gap', {
                from: formatTime(state.fromMs),
                to,
                cause: t(`gap.${state.cause}`),
              });
      return (
        <p className={styles.message} role="status" data-testid="playback-gap">
          <strong>{span}</strong>
          {state.skipping && <span>{t('playback.skipping', { time: to })}</span>}
        </p>
      );
    }
    case 'edge':
      return (
        <p className={styles.message} role="status">
          {t('playback.atLiveEdge')}
        </p>
      );
    case 'end':
      return (
        <p className={styles.message} role="status">
          <strong>{t(nearest === null ? 'playback.empty' : 'playback.end')}</strong>
          {nearest !== null && (
            <button type="button" className={controls.button} onClick={() => props.onSeek(nearest)}>
              {t('playback.nearest', { time: formatTime(nearest) })}
            </button>
          )}
        </p>
      );
    case 'unreadable':
      return (
        <p className={styles.message} role="status">
          {t('playback.unreadable', { time: formatTime(state.atMs) })}
        </p>
      );
    case 'unsupported':
      return (
        <p className={styles.message} role="status" data-testid="playback-unsupported">
          {t('playback.codec', { codec: codecName(state.codec) })}
        </p>
      );
  }
}
