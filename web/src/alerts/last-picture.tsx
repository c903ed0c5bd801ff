import type { AlertView } from '@nigehban/domain/api/http-types.ts';
import type { CameraId } from '@nigehban/domain/camera.ts';
import { EyeOff, ImageOff } from 'lucide-react';
import { useState } from 'react';
import { readFault, snapshotUrl } from '../api/api-client.ts';
import { faultCodeOf } from '../api/console-fault.ts';
import { useFleet } from '../app/services.tsx';
import { useCan } from '../app/session.ts';
import { Code, useI18n } from '../i18n/i18n.tsx';
import controls from '../ui/controls.module.css';
import styles from './alerts-page.module.css';

/** The last picture before the first camera went: what could be seen, or why it may not be. */
export function LastPicture(props: { readonly alert: AlertView }) {
  const { t } = useI18n();
  const { alert } = props;
  const { cameras } = useFleet();
  const mayWatch = useCan('live.watch');
  const [chosen, setChosen] = useState<CameraId | null>(null);
  const own = alert.causes.map((cause) => cause.cameraId);
  const cameraId = chosen !== null && own.includes(chosen) ? chosen : own[0];
  const cause = alert.causes.find((one) => one.cameraId === cameraId);
  if (!mayWatch || cameraId === undefined || cause === undefined) return null;
  const camera = cameras.find((one) => one.id === cameraId);
  return (
    <section className={styles.panel}>
      <h3>{t('alerts.picture')}</h3>
      {own.length > 1 && (
        <select
          className={controls.field}
          aria-label={t('alerts.picture.camera')}
          value={cameraId}
          onChange={(event) => setChosen(Number(event.target.value))}
        >
          {alert.causes.map((one) => (
            <option key={one.cameraId} value={one.cameraId}>
              {one.cameraCode}
            </option>
          ))}
        </select>
      )}
      <Picture
        key={cameraId}
        cameraId={cameraId}
        code={cause.cameraCode}
        atMs={alert.sinceMs}
        unapproved={camera?.approval === 'unapproved'}
      />
    </section>
  );
}

function Picture(props: {
  readonly cameraId: CameraId;
  readonly code: string;
  readonly atMs: number;
  readonly unapproved: boolean;
}) {
  const { t } = useI18n();
  const mayPlay = useCan('footage.play');
  const mayApprove = useCan('view.approve');
  const [fault, setFault] = useState<ReturnType<typeof faultCodeOf> | null>(null);
  const { cameraId, atMs } = props;
  // The recorder's still is of the last picture before that time; without it, what the camera gives.
  const url = mayPlay
    ? `/api/cameras/${cameraId}/still.jpg?atMs=${atMs}`
    : snapshotUrl(cameraId, atMs);
  if ((props.unapproved && !mayApprove) || fault === 'VIEW_UNAPPROVED') {
    return (
      <p className={styles.noPicture} data-testid="picture-unapproved">
        <EyeOff aria-hidden="true" />
        {t('fault.VIEW_UNAPPROVED')}
      </p>
    );
  }
  if (fault !== null) {
    return (
      <p className={styles.noPicture}>
        <ImageOff aria-hidden="true" />
        {t('alerts.picture.none')} {t(`fault.${fault}`)}
      </p>
    );
  }
  return (
    <figure className={styles.picture}>
      <img
        src={url}
        alt={t('alerts.picture.of', { code: props.code })}
        data-testid="last-picture"
        onError={() => {
          // The image element does not tell why: the same address does.
          fetch(url, { credentials: 'same-origin' })
            .then(async (response) => setFault((await readFault(response)).code))
            .catch((thrown: unknown) => setFault(faultCodeOf(thrown)));
        }}
      />
      <figcaption>
        <Code>{props.code}</Code>
      </figcaption>
    </figure>
  );
}
