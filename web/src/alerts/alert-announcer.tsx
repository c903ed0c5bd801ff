import { useEffect, useRef, useState } from 'react';
import { useFleet, useServices } from '../app/services.tsx';
import { useI18n } from '../i18n/i18n.tsx';
import controls from '../ui/controls.module.css';
import { playAlertSound, readSoundEnabled } from './alert-sound.ts';
import { findArrivals } from './announcement.ts';

/** A storm of alerts is read out as one sentence every so often, not as a queue of minutes. */
const announceEveryMs = 10_000;

/** Tells of new alerts on every page: one polite sentence for screen readers, a sound if wanted. */
export function AlertAnnouncer() {
  const { t, pick } = useI18n();
  const { store } = useServices();
  const { loaded, openAlerts } = useFleet();
  const known = useRef<Set<number> | null>(null);
  const lastAtMs = useRef(Number.NEGATIVE_INFINITY);
  const [sentence, setSentence] = useState('');

  useEffect(() => {
    if (!loaded) {
      known.current = null;
      return;
    }
    known.current ??= new Set(openAlerts.map((alert) => alert.id));
    if (findArrivals(openAlerts, known.current) === null) return;
    const announce = (): void => {
      const open = store.snapshot().openAlerts;
      const arrivals = findArrivals(open, known.current ?? new Set());
      known.current = new Set(open.map((alert) => alert.id));
      if (arrivals === null) return;
      lastAtMs.current = performance.now();
      const { worst, count } = arrivals;
      setSentence(
        t('alerts.announce', {
          count,
          station: pick(worst.stationName, worst.stationNameUr),
          kind: t(`alerts.kind.${worst.kind}`),
        }),
      );
      if (readSoundEnabled()) playAlertSound();
    };
    const waitMs = Math.max(0, lastAtMs.current + announceEveryMs - performance.now());
    const timer = setTimeout(announce, waitMs);
    return () => clearTimeout(timer);
  }, [loaded, openAlerts, store, t, pick]);

  return (
    <div className={controls.visuallyHidden} role="status" aria-live="polite">
      {sentence}
    </div>
  );
}
