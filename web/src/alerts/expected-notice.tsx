import type { AlertAdditions } from '@nigehban/domain/api/alert-types.ts';
import { MoonStar } from 'lucide-react';
import { useI18n } from '../i18n/i18n.tsx';
import styles from './alerts-page.module.css';

/** Says that the darkness was announced, why, and until when. */
export function ExpectedNotice(props: {
  readonly expected: NonNullable<AlertAdditions['expected']>;
  readonly nowMs: number;
}) {
  const { t, moment } = useI18n();
  const { kind, endsAtMs, reason } = props.expected;
  return (
    <p className={styles.expected}>
      <MoonStar aria-hidden="true" />
      <span>
        <strong>{t(`expected.kind.${kind}`)}</strong>{' '}
        {t('alerts.expectedUntil', { time: moment(endsAtMs, props.nowMs) })}
        {reason !== '' && <span dir="auto"> · {reason}</span>}
      </span>
    </p>
  );
}
