import type { CameraView } from '@nigehban/domain/api/http-types.ts';
import { isDown } from '@nigehban/domain/camera-state.ts';
import { Link } from '@tanstack/react-router';
import { CircleDot, CircleOff, EyeOff, VideoOff } from 'lucide-react';
import { useState } from 'react';
import { snapshotUrl } from '../api/api-client.ts';
import { useCan } from '../app/session.ts';
import { Code, useI18n } from '../i18n/i18n.tsx';
import { StatusBadge } from '../status/status-mark.tsx';
import { cameraTone } from '../status/status-tone.ts';
import { classNames } from '../ui/class-names.ts';
import { useHiddenView } from '../wall/unapproved.tsx';
import styles from './camera-card.module.css';
import { placementName } from './camera-names.ts';

/** A camera in its station: still picture, placement, status with cause, whether it is recorded. */
export function CameraCard(props: { readonly camera: CameraView; readonly nowMs: number }) {
  const { t, age, moment } = useI18n();
  const { camera, nowMs } = props;
  const mayWatch = useCan('live.watch');
  const hidden = useHiddenView(camera);
  return (
    <article
      className={styles.card}
      data-testid="camera-card"
      data-camera-id={camera.id}
      data-state={camera.state}
    >
      {mayWatch && (hidden ? <HiddenView /> : <Snapshot camera={camera} />)}
      <div className={styles.text}>
        <h3>
          <Link to="/cameras/$id" params={{ id: String(camera.id) }}>
            {placementName(camera, t)}
          </Link>
        </h3>
        <Code className={styles.code}>{camera.code}</Code>
        <div className={styles.line}>
          <StatusBadge tone={cameraTone[camera.state]}>
            {t(`camera.state.${camera.state}`)}
          </StatusBadge>
          <span title={moment(camera.sinceMs, nowMs)}>{age(nowMs - camera.sinceMs)}</span>
        </div>
        {camera.fault !== null && (
          <p className={styles.fault}>
            <strong>{t(`fault.${camera.fault}`)}</strong> {t(`fault.${camera.fault}.next`)}
          </p>
        )}
        <p className={classNames(styles.recording, !camera.recording && styles.notRecording)}>
          {camera.recording ? <CircleDot aria-hidden="true" /> : <CircleOff aria-hidden="true" />}
          {t(
            camera.registered
              ? camera.recording
                ? 'camera.recording'
                : 'camera.notRecording'
              : 'camera.notRegistered',
          )}
        </p>
      </div>
    </article>
  );
}

function Snapshot(props: { readonly camera: CameraView }) {
  const { camera } = props;
  const [stamp] = useState(() => Date.now());
  const [failed, setFailed] = useState(false);
  const none = failed || isDown(camera.state) || !camera.registered;
  return (
    <div className={styles.snapshot}>
      {none ? (
        <VideoOff aria-hidden="true" />
      ) : (
        <img
          src={snapshotUrl(camera.id, stamp)}
          alt=""
          loading="lazy"
          onError={() => setFailed(true)}
        />
      )}
    </div>
  );
}

/** Nobody but approvers sees the picture yet. */
function HiddenView() {
  const { t } = useI18n();
  return (
    <div className={styles.snapshot} data-testid="card-unapproved">
      <span className={styles.unapproved}>
        <EyeOff aria-hidden="true" />
        {t('tile.unapproved')}
      </span>
    </div>
  );
}
