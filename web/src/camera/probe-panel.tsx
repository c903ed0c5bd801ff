import type { CameraId } from '@nigehban/domain/camera.ts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Stethoscope } from 'lucide-react';
import { api } from '../api/api-client.ts';
import { Code, useI18n } from '../i18n/i18n.tsx';
import { StatusMark } from '../status/status-mark.tsx';
import controls from '../ui/controls.module.css';
import { FaultNotice } from '../ui/notice.tsx';
import styles from './camera-page.module.css';

/** Asks the camera itself, call by call, for the technician who stands below it. */
export function ProbePanel(props: { readonly cameraId: CameraId }) {
  const { t } = useI18n();
  const queryClient = useQueryClient();
  const probe = useMutation({
    mutationFn: () => api.probe(props.cameraId),
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['camera', props.cameraId] }),
  });
  return (
    <section className={styles.panel} aria-busy={probe.isPending}>
      <div className={styles.panelHead}>
        <h2>{t('camera.probe.title')}</h2>
        <button
          type="button"
          className={controls.button}
          aria-disabled={probe.isPending}
          onClick={() => {
            if (!probe.isPending) probe.mutate();
          }}
          data-testid="camera-probe"
        >
          <Stethoscope aria-hidden="true" />
          {t(probe.isPending ? 'camera.probe.busy' : 'camera.probe')}
        </button>
      </div>
      {probe.isError && <FaultNotice fault={probe.error} />}
      {probe.data !== undefined && (
        <>
          {probe.data.fault !== null && (
            <p>
              <strong>{t(`fault.${probe.data.fault.code}`)}</strong>{' '}
              {t(`fault.${probe.data.fault.code}.next`)}
            </p>
          )}
          <ul className={styles.calls} data-testid="probe-calls">
            {probe.data.calls.map((call, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: the same call may be made twice
              <li key={index}>
                <StatusMark tone={call.fault === null ? 'ok' : 'bad'} />
                <Code>{call.operation}</Code>
                <span className={styles.muted}>
                  {t('camera.probe.duration', { ms: call.durationMs })}
                </span>
                <span className={styles.answer}>
                  {call.fault === null ? (
                    t('camera.probe.ok')
                  ) : (
                    <>
                      {t(`fault.${call.fault.code}`)} <Code>{call.fault.message}</Code>
                    </>
                  )}
                </span>
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}
