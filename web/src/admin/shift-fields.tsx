import type { RecipientBody } from '@nigehban/domain/api/notice-types.ts';
import { Plus, X } from 'lucide-react';
import { useState } from 'react';
import { Code, useI18n } from '../i18n/i18n.tsx';
import { formatDate, formatMinute } from '../i18n/station-time.ts';
import { classNames } from '../ui/class-names.ts';
import controls from '../ui/controls.module.css';
import styles from './admin.module.css';
import { msOfLocal } from './recipient-draft.ts';

/** The coming shifts of a roster: add one, take one out. */
export function ShiftFields(props: {
  readonly shifts: RecipientBody['shifts'];
  readonly onChange: (shifts: RecipientBody['shifts']) => void;
}) {
  const { t, language } = useI18n();
  const [from, setFrom] = useState('');
  const [to, setTo] = useState('');
  const [fromMs, toMs] = [msOfLocal(from), msOfLocal(to)];
  const isReady = fromMs !== null && toMs !== null && toMs > fromMs;
  const add = (): void => {
    if (!isReady) return;
    const shifts = [...props.shifts, { fromMs, toMs }];
    props.onChange(shifts.sort((a, b) => a.fromMs - b.fromMs));
    setFrom('');
    setTo('');
  };
  return (
    <fieldset className={classNames(styles.wide, styles.panel)}>
      <legend className={styles.label}>{t('notices.shifts')}</legend>
      {props.shifts.length === 0 && (
        <span className={styles.muted}>{t('notices.shifts.none')}</span>
      )}
      {props.shifts.map((shift) => (
        <span key={`${shift.fromMs}-${shift.toMs}`} className={styles.toolbar}>
          <span>
            {formatDate(shift.fromMs, language)} <Code>{formatMinute(shift.fromMs)}</Code> –{' '}
            {formatDate(shift.toMs, language)} <Code>{formatMinute(shift.toMs)}</Code>
          </span>
          <button
            type="button"
            className={classNames(controls.button, controls.quiet, controls.icon)}
            aria-label={t('notices.shifts.remove')}
            onClick={() => props.onChange(props.shifts.filter((other) => other !== shift))}
          >
            <X aria-hidden="true" />
          </button>
        </span>
      ))}
      <div className={styles.toolbar}>
        <label className={styles.label}>
          <span>{t('notices.shifts.from')}</span>
          <input
            className={controls.field}
            type="datetime-local"
            value={from}
            onChange={(event) => setFrom(event.target.value)}
          />
        </label>
        <label className={styles.label}>
          <span>{t('notices.shifts.to')}</span>
          <input
            className={controls.field}
            type="datetime-local"
            value={to}
            onChange={(event) => setTo(event.target.value)}
          />
        </label>
        <button type="button" className={controls.button} disabled={!isReady} onClick={add}>
          <Plus aria-hidden="true" />
          {t('notices.shifts.add')}
        </button>
      </div>
    </fieldset>
  );
}
