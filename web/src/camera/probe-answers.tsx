import type { CameraProbeView } from '@nigehban/domain/api/http-types.ts';
import { Code, useI18n } from '../i18n/i18n.tsx';
import { StatusMark } from '../status/status-mark.tsx';
import panel from './camera-panel.module.css';
import styles from './tool-answers.module.css';

/** What the camera said to each ONVIF call of a probe. */
export function ProbeAnswers(props: { readonly answer: CameraProbeView }) {
  const { t } = useI18n();
  const { calls, fault } = props.answer;
  return (
    <>
      {fault !== null && (
        <p>
          <strong>{t(`fault.${fault.code}`)}</strong> {t(`fault.${fault.code}.next`)}
        </p>
      )}
      <ul className={styles.calls} data-testid="probe-calls">
        {calls.map((call, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the same call may be made twice
          <li key={index}>
            <StatusMark tone={call.fault === null ? 'ok' : 'bad'} />
            <Code>{call.operation}</Code>
            <span className={panel.muted}>
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
  );
}
