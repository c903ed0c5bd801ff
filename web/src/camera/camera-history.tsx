import type { CameraTransition } from '@nigehban/domain/api/http-types.ts';
import type { CameraId } from '@nigehban/domain/camera.ts';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { healthApi } from '../health/health-api.ts';
import { Code, useI18n } from '../i18n/i18n.tsx';
import { StatusBadge } from '../status/status-mark.tsx';
import { cameraTone } from '../status/status-tone.ts';
import { classNames } from '../ui/class-names.ts';
import controls from '../ui/controls.module.css';
import { FaultNotice } from '../ui/notice.tsx';
import styles from './camera-history.module.css';
import panel from './camera-panel.module.css';

const firstShown = 12;
const olderAtOnce = 50;

/** When the camera's state changed, newest first; older changes are fetched on demand. */
export function CameraHistory(props: {
  readonly cameraId: CameraId;
  readonly history: readonly CameraTransition[];
  readonly nowMs: number;
}) {
  const { t, moment } = useI18n();
  const { cameraId, history } = props;
  const [older, setOlder] = useState<readonly CameraTransition[] | null>(null);
  const [ended, setEnded] = useState(false);
  const shown =
    older === null
      ? history.slice(0, firstShown)
      : [...history, ...older.filter((change) => change.atMs < (history.at(-1)?.atMs ?? Infinity))];
  const last = shown.at(-1)?.atMs;
  const more = useMutation({
    mutationFn: (beforeMs: number) => healthApi.states(cameraId, beforeMs, olderAtOnce),
    onSuccess: (found) => {
      setOlder([...(older ?? []), ...found]);
      setEnded(found.length < olderAtOnce);
    },
  });
  const mayHaveMore = !ended && shown.length >= firstShown && last !== undefined;
  return (
    <section className={panel.panel}>
      <h2>{t('camera.history')}</h2>
      {shown.length === 0 ? (
        <p className={panel.muted}>{t('camera.history.none')}</p>
      ) : (
        <ol className={styles.history}>
          {shown.map((change, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: two changes may fall on one millisecond
            <li key={`${change.atMs}-${change.to}-${index}`}>
              <span className={styles.when}>{moment(change.atMs, props.nowMs)}</span>
              <StatusBadge tone={cameraTone[change.to]}>
                {t(`camera.state.${change.to}`)}
              </StatusBadge>
              {change.evidence !== null && (
                <Code className={classNames(panel.evidence, styles.evidence)}>
                  {change.evidence}
                </Code>
              )}
            </li>
          ))}
        </ol>
      )}
      {more.isError && <FaultNotice fault={more.error} />}
      {mayHaveMore && (
        <div className={panel.tools}>
          <button
            type="button"
            className={controls.button}
            aria-disabled={more.isPending}
            onClick={() => {
              if (!more.isPending) more.mutate(last);
            }}
          >
            {t('camera.history.older')}
          </button>
        </div>
      )}
    </section>
  );
}
