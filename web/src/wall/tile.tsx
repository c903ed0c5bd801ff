import type { CameraView } from '@nigehban/domain/api/http-types.ts';
import type { StreamQuality } from '@nigehban/domain/camera.ts';
import { Link } from '@tanstack/react-router';
import { ArrowUpRight, Maximize2, Minimize2, Replace, X } from 'lucide-react';
import { useEffect, useState } from 'react';
import { snapshotUrl } from '../api/api-client.ts';
import { useHotkeys } from '../app/hotkeys.ts';
import { useStation, useStationAlert } from '../app/services.tsx';
import { placementName } from '../camera/camera-names.ts';
import { Code, useI18n } from '../i18n/i18n.tsx';
import { StatusBadge } from '../status/status-mark.tsx';
import { cameraTone, tileTone } from '../status/status-tone.ts';
import { classNames } from '../ui/class-names.ts';
import controls from '../ui/controls.module.css';
import { ListenButton, ListeningMark } from './listen-button.tsx';
import styles from './tile.module.css';
import { lateFromMs } from './tile-status.ts';
import { UnapprovedMessage, useHiddenView } from './unapproved.tsx';
import { type ListeningControl, useListening } from './use-listening.ts';
import { type Picture, usePicture } from './use-picture.ts';

const stillEveryMs = 5_000;

export interface TileActions {
  readonly onEnlarge?: () => void;
  readonly onChoose?: () => void;
  readonly onRemove?: () => void;
}

/** One camera's live picture with everything that says how far it can be trusted. */
export function Tile(props: {
  readonly camera: CameraView;
  readonly quality: StreamQuality;
  readonly enabled: boolean;
  readonly enlarged: boolean;
  readonly tabIndex: number;
  /** Keys of the page act on this tile. */
  readonly selected: boolean;
  readonly tileRef?: (element: HTMLElement | null) => void;
  readonly onFocus?: () => void;
  readonly actions: TileActions;
}) {
  const { camera, actions } = props;
  const { t, pick } = useI18n();
  const station = useStation(camera.stationCode);
  const alert = useStationAlert(camera.stationCode);
  const hidden = useHiddenView(camera);
  const picture = usePicture(camera, props.quality, props.enabled && !hidden);
  const { status, frameAgeMs } = picture;
  const listening = useListening(
    camera.id,
    picture.state.kind === 'playing' ? picture.state.watch : null,
  );
  useHotkeys(props.selected ? [{ keys: ['m'], run: listening.toggle }] : []);
  const name = station === null ? camera.stationCode : pick(station.name, station.nameUr);
  const placement = placementName(camera, t);
  const alarmed = alert?.causes.some((cause) => cause.cameraId === camera.id) ?? false;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a group with a roving tab stop, not a form part
    <div
      role="group"
      ref={props.tileRef}
      className={classNames(
        styles.tile,
        alarmed && (alert?.kind === 'BLIND' ? styles.blind : styles.partial),
        props.enlarged && styles.enlarged,
      )}
      tabIndex={props.tabIndex}
      aria-label={t('tile.label', {
        station: name,
        placement,
        code: camera.code,
        status: t(hidden ? 'tile.unapproved' : `tile.status.${status}`),
      })}
      onFocus={props.onFocus}
      onDoubleClick={actions.onEnlarge}
      data-testid="wall-tile"
      data-camera-id={camera.id}
      data-camera-code={camera.code}
      data-status={status}
      data-unapproved={hidden}
      data-frame-age-ms={frameAgeMs === null ? '' : Math.round(frameAgeMs)}
    >
      <div className={styles.picture} data-frozen={isFrozen(picture)}>
        {hidden ? null : picture.stills && props.enabled ? (
          <Stills camera={camera} onStill={picture.noteFrame} />
        ) : (
          <video ref={picture.videoRef} muted playsInline autoPlay disablePictureInPicture />
        )}
      </div>
      {hidden ? (
        <UnapprovedMessage />
      ) : (
        <PictureMessage camera={camera} picture={picture} enabled={props.enabled} />
      )}
      <div className={styles.top}>
        <span className={styles.chip} data-testid="tile-status">
          {hidden ? (
            <StatusBadge tone={cameraTone[camera.state]}>
              {t(`camera.state.${camera.state}`)}
            </StatusBadge>
          ) : (
            <>
              <StatusBadge tone={tileTone[status]}>{t(`tile.status.${status}`)}</StatusBadge>
              <FrameAge picture={picture} />
            </>
          )}
          <ListeningMark state={listening.state} />
          <span className={styles.chipPlace}>{placement}</span>
        </span>
        <TileButtons
          camera={camera}
          enlarged={props.enlarged}
          actions={actions}
          listening={hidden || picture.stills ? null : listening}
          listenTabIndex={props.selected ? 0 : -1}
        />
      </div>
      <div className={styles.label} title={`${name} · ${placement} · ${camera.code}`}>
        <span className={styles.place}>{placement}</span>
        <span className={styles.name}>{name}</span>
        <Code className={styles.code}>{camera.code}</Code>
      </div>
    </div>
  );
}

function isFrozen(picture: Picture): boolean {
  return picture.frameAgeMs !== null && picture.frameAgeMs >= lateFromMs && !picture.stills;
}

function FrameAge(props: { readonly picture: Picture }) {
  const { age } = useI18n();
  const { frameAgeMs, status } = props.picture;
  if (frameAgeMs === null) return null;
  // Below a second the age flickers without telling anything: the badge says LIVE.
  if (status === 'LIVE' && frameAgeMs < 1_000) return null;
  return <span className={styles.age}>{age(frameAgeMs)}</span>;
}

function PictureMessage(props: {
  readonly camera: CameraView;
  readonly picture: Picture;
  readonly enabled: boolean;
}) {
  const { t, age } = useI18n();
  const { camera, picture } = props;
  const { status, state, frameAgeMs } = picture;
  if (!props.enabled) return <p className={styles.message}>{t('wall.paused')}</p>;
  if (status === 'LIVE' || status === 'STILLS') return null;
  const retryS =
    state.kind === 'waiting'
      ? Math.max(1, Math.ceil((state.retryAtMs - performance.now()) / 1000))
      : null;
  const cause = camera.fault ?? (state.kind === 'waiting' ? state.fault : null);
  return (
    <p className={styles.message}>
      {cause !== null && <strong>{t(`fault.${cause}`)}</strong>}
      {frameAgeMs !== null && <span>{t('tile.lastFrame', { age: age(frameAgeMs) })}</span>}
      {cause === null && frameAgeMs === null && <span>{t('tile.connecting')}</span>}
      {retryS !== null && <small>{t('tile.retry', { seconds: retryS })}</small>}
    </p>
  );
}

function TileButtons(props: {
  readonly camera: CameraView;
  readonly enlarged: boolean;
  readonly actions: TileActions;
  /** Null where no stream plays. */
  readonly listening: ListeningControl | null;
  readonly listenTabIndex: number;
}) {
  const { t } = useI18n();
  const { onEnlarge, onChoose, onRemove } = props.actions;
  const button = classNames(controls.button, styles.button);
  const sizeLabel = t(props.enlarged ? 'tile.shrink' : 'tile.enlarge');
  return (
    <span className={styles.buttons}>
      {props.listening !== null && (
        <ListenButton listening={props.listening} tabIndex={props.listenTabIndex} />
      )}
      <Link
        to="/cameras/$id"
        params={{ id: String(props.camera.id) }}
        className={button}
        aria-label={t('tile.open')}
        title={t('tile.open')}
        tabIndex={-1}
      >
        <ArrowUpRight aria-hidden="true" />
      </Link>
      {onChoose !== undefined && (
        <button
          type="button"
          className={button}
          onClick={onChoose}
          aria-label={t('tile.change')}
          title={t('tile.change')}
          tabIndex={-1}
        >
          <Replace aria-hidden="true" />
        </button>
      )}
      {onRemove !== undefined && (
        <button
          type="button"
          className={button}
          onClick={onRemove}
          aria-label={t('tile.remove')}
          title={t('tile.remove')}
          tabIndex={-1}
        >
          <X aria-hidden="true" />
        </button>
      )}
      {onEnlarge !== undefined && (
        <button
          type="button"
          className={button}
          onClick={onEnlarge}
          aria-label={sizeLabel}
          title={sizeLabel}
          tabIndex={-1}
        >
          {props.enlarged ? <Minimize2 aria-hidden="true" /> : <Maximize2 aria-hidden="true" />}
        </button>
      )}
    </span>
  );
}

/** A still every five seconds; the next is asked for only after the last one came or failed. */
function Stills(props: { readonly camera: CameraView; readonly onStill: () => void }) {
  const { t } = useI18n();
  const [stamp, setStamp] = useState(() => Date.now());
  const [failed, setFailed] = useState(false);
  const [settled, setSettled] = useState(0);
  useEffect(() => {
    if (settled === 0) return;
    const timer = setTimeout(() => setStamp(Date.now()), stillEveryMs);
    return () => clearTimeout(timer);
  }, [settled]);
  return (
    <img
      src={snapshotUrl(props.camera.id, stamp)}
      alt=""
      title={t('tile.stills')}
      hidden={failed}
      onLoad={() => {
        setFailed(false);
        setSettled(stamp);
        props.onStill();
      }}
      onError={() => {
        setFailed(true);
        setSettled(stamp);
      }}
    />
  );
}
