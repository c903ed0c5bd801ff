import { MapPinned } from 'lucide-react';
import { placementName } from '../camera/camera-names.ts';
import { Code, useI18n } from '../i18n/i18n.tsx';
import { StatusMark } from '../status/status-mark.tsx';
import { cameraTone, stationTone } from '../status/status-tone.ts';
import styles from '../ui/search-list.module.css';
import type { Finding } from './fleet-search.ts';

/** One finding in a list of options. */
export function FindingRow(props: { readonly finding: Finding }) {
  const { t, pick } = useI18n();
  const { finding } = props;
  switch (finding.kind) {
    case 'district':
      return (
        <>
          <MapPinned aria-hidden="true" />
          <span className={styles.optionTitle}>{pick(finding.name, finding.nameUr)}</span>
          <span className={styles.optionHint}>{t('palette.kind.district')}</span>
        </>
      );
    case 'station': {
      const { station } = finding;
      return (
        <>
          <StatusMark tone={stationTone[station.state]} />
          <span className={styles.optionText}>
            <span className={styles.optionTitle}>{pick(station.name, station.nameUr)}</span>
            <span className={styles.optionHint}>
              {pick(station.district, station.districtUr)} · {t(`station.state.${station.state}`)}
            </span>
          </span>
          <Code className={styles.optionHint}>{station.code}</Code>
        </>
      );
    }
    case 'camera': {
      const { camera, station } = finding;
      return (
        <>
          <StatusMark tone={cameraTone[camera.state]} />
          <span className={styles.optionText}>
            <span className={styles.optionTitle}>
              {placementName(camera, t)}
              {station !== null && ` · ${pick(station.name, station.nameUr)}`}
            </span>
            <span className={styles.optionHint}>{t(`camera.state.${camera.state}`)}</span>
          </span>
          <Code className={styles.optionHint}>{camera.code}</Code>
        </>
      );
    }
  }
}
