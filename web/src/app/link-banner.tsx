import { Unplug } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { useI18n } from '../i18n/i18n.tsx';
import { formatTime } from '../i18n/station-time.ts';
import controls from '../ui/controls.module.css';
import { useLinkState, useServices } from './services.tsx';
import styles from './shell.module.css';

/** A short break is no news; it appears when the link stays away. */
const showAfterMs = 1_500;

/** Says since when the page is old, while the link is lost. */
export function LinkBanner() {
  const { t } = useI18n();
  const { socket, clock } = useServices();
  const link = useLinkState();
  const lastTrueMs = useRef<number | null>(null);
  const [shownSinceMs, setShownSinceMs] = useState<number | null>(null);
  useEffect(() => {
    if (link === 'open') {
      lastTrueMs.current = null;
      setShownSinceMs(null);
      return;
    }
    if (link !== 'lost') return;
    lastTrueMs.current ??= clock.nowMs();
    const timer = setTimeout(() => setShownSinceMs(lastTrueMs.current), showAfterMs);
    return () => clearTimeout(timer);
  }, [link, clock]);
  if (shownSinceMs === null) return null;
  return (
    <div className={styles.banner} role="status">
      <Unplug aria-hidden="true" />
      <span>{t('header.link.lostBanner', { time: formatTime(shownSinceMs) })}</span>
      <button type="button" className={controls.button} onClick={() => socket.retryNow()}>
        {t('header.link.retry')}
      </button>
    </div>
  );
}
