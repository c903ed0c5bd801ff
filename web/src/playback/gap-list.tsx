import type { TimelineGap } from '@nigehban/domain/footage.ts';
import { Code, useI18n } from '../i18n/i18n.tsx';
import { formatTime } from '../i18n/station-time.ts';
import styles from './playback-panel.module.css';

/** The day's gaps in words: what the hatched places of the timeline are. */
export function GapList(props: {
  readonly gaps: readonly TimelineGap[];
  readonly onSeek: (gap: TimelineGap) => void;
}) {
  const { t, age } = useI18n();
  return (
    <section className={styles.gaps} aria-labelledby="playback-gaps">
      <h2 id="playback-gaps">{t('playback.gaps')}</h2>
      {props.gaps.length === 0 ? (
        <p className={styles.muted}>{t('playback.gaps.none')}</p>
      ) : (
        <ul>
          {props.gaps.map((gap) => (
            <li key={gap.startMs}>
              <button type="button" onClick={() => props.onSeek(gap)}>
                <Code>
                  {formatTime(gap.startMs)}–{formatTime(gap.endMs)}
                </Code>
                <span>{t(`gap.${gap.cause}`)}</span>
                <span className={styles.muted}>{age(gap.endMs - gap.startMs)}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
