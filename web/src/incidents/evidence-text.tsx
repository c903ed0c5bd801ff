import type { IncidentView } from '@nigehban/domain/api/alert-types.ts';
import { cameraStateKinds } from '@nigehban/domain/camera-state.ts';
import styles from '../alerts/alerts-page.module.css';
import { useI18n } from '../i18n/i18n.tsx';

/** Why this cause is believed: how many went together, how fast, in which state. */
export function EvidenceText(props: { readonly incident: IncidentView }) {
  const { t } = useI18n();
  const { evidence } = props.incident;
  const states = cameraStateKinds
    .flatMap((state) => {
      const percent = evidence.states[state];
      return percent === undefined ? [] : [{ state, percent }];
    })
    .sort((a, b) => b.percent - a.percent);
  return (
    <p className={styles.lead}>
      {t('incidents.evidence', {
        stations: evidence.stations,
        of: evidence.ofStations,
        seconds: Math.max(1, Math.round(evidence.withinMs / 1_000)),
      })}
      {evidence.districts !== null && (
        <>
          {' '}
          {t('incidents.evidence.districts', {
            hit: evidence.districts.hit,
            of: evidence.districts.of,
          })}
        </>
      )}
      {states.length > 0 && (
        <span className={styles.muted}>
          {' '}
          {states
            .map(({ state, percent }) => `${t(`camera.state.${state}`)} ${percent}%`)
            .join(t('alerts.listSeparator'))}
        </span>
      )}
      {evidence.note !== null && (
        <span className={styles.muted} dir="auto">
          {' '}
          {evidence.note}
        </span>
      )}
    </p>
  );
}
