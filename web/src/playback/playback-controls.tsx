import {
  ChevronLeft,
  ChevronRight,
  Pause,
  Play,
  RotateCcw,
  RotateCw,
  ZoomIn,
  ZoomOut,
} from 'lucide-react';
import { type FormEvent, type RefObject, useId, useState } from 'react';
import { Code, useI18n } from '../i18n/i18n.tsx';
import {
  dayMs,
  formatTime,
  isoDateOf,
  parseIsoDate,
  parseTimeOfDay,
} from '../i18n/station-time.ts';
import { classNames } from '../ui/class-names.ts';
import controls from '../ui/controls.module.css';
import styles from './playback-panel.module.css';

const stepMs = 10_000;

/** Play, step, speed, zoom and the typed jump. Order left to right follows time, in every language. */
export function PlaybackControls(props: {
  readonly atMs: number;
  readonly dayStartMs: number;
  readonly nowMs: number;
  readonly playing: boolean;
  readonly rate: number;
  readonly rates: readonly number[];
  readonly jumpField: RefObject<HTMLInputElement | null>;
  readonly onToggle: () => void;
  readonly onRate: (rate: number) => void;
  readonly onSeek: (atMs: number) => void;
  readonly onZoom: (factor: number) => void;
  readonly onJump: (atMs: number) => void;
}) {
  const { t } = useI18n();
  const { atMs } = props;
  const icon = classNames(controls.button, controls.icon);
  const rateId = useId();
  return (
    <div className={styles.controls}>
      <div className={styles.transport} dir="ltr">
        <button
          type="button"
          className={icon}
          onClick={() => props.onSeek(atMs - stepMs)}
          aria-label={t('playback.back', { seconds: stepMs / 1000 })}
          title={t('playback.back', { seconds: stepMs / 1000 })}
        >
          <RotateCcw aria-hidden="true" />
        </button>
        <button
          type="button"
          className={classNames(icon, controls.primary)}
          onClick={props.onToggle}
          aria-label={t(props.playing ? 'playback.pause' : 'playback.play')}
          data-testid="playback-toggle"
        >
          {props.playing ? (
            <Pause aria-hidden="true" fill="currentColor" />
          ) : (
            <Play aria-hidden="true" fill="currentColor" />
          )}
        </button>
        <button
          type="button"
          className={icon}
          onClick={() => props.onSeek(atMs + stepMs)}
          aria-label={t('playback.forward', { seconds: stepMs / 1000 })}
          title={t('playback.forward', { seconds: stepMs / 1000 })}
        >
          <RotateCw aria-hidden="true" />
        </button>
        <Code className={styles.now}>{formatTime(atMs)}</Code>
      </div>
      <label htmlFor={rateId} className={styles.rate}>
        <span className={controls.visuallyHidden}>{t('playback.rate')}</span>
        <select
          id={rateId}
          dir="ltr"
          className={controls.field}
          value={props.rate}
          onChange={(event) => props.onRate(Number(event.target.value))}
        >
          {props.rates.map((rate) => (
            <option key={rate} value={rate}>
              {rate}×
            </option>
          ))}
        </select>
      </label>
      <span className={styles.transport} dir="ltr">
        <button
          type="button"
          className={icon}
          onClick={() => props.onZoom(2)}
          aria-label={t('playback.zoomOut')}
          title={t('playback.zoomOut')}
        >
          <ZoomOut aria-hidden="true" />
        </button>
        <button
          type="button"
          className={icon}
          onClick={() => props.onZoom(0.5)}
          aria-label={t('playback.zoomIn')}
          title={t('playback.zoomIn')}
        >
          <ZoomIn aria-hidden="true" />
        </button>
      </span>
      <span className={styles.spacer} />
      <JumpForm
        key={isoDateOf(props.dayStartMs)}
        dayStartMs={props.dayStartMs}
        nowMs={props.nowMs}
        jumpField={props.jumpField}
        onSeek={props.onSeek}
        onJump={props.onJump}
      />
    </div>
  );
}

function JumpForm(props: {
  readonly dayStartMs: number;
  readonly nowMs: number;
  readonly jumpField: RefObject<HTMLInputElement | null>;
  readonly onSeek: (atMs: number) => void;
  readonly onJump: (atMs: number) => void;
}) {
  const { t } = useI18n();
  const { dayStartMs, nowMs } = props;
  const [date, setDate] = useState(isoDateOf(dayStartMs));
  const [time, setTime] = useState('');
  const [invalid, setInvalid] = useState(false);
  const hintId = useId();
  const icon = classNames(controls.button, controls.quiet, controls.icon);

  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const day = parseIsoDate(date);
    const timeOfDay = time.trim() === '' ? 0 : parseTimeOfDay(time);
    const wrong = day === null || timeOfDay === null;
    setInvalid(wrong);
    if (!wrong) props.onSeek(day + timeOfDay);
  };
  const noon = dayMs / 2;
  return (
    <form className={styles.jump} onSubmit={submit} dir="ltr">
      <button
        type="button"
        className={icon}
        aria-label={t('playback.day.previous')}
        title={t('playback.day.previous')}
        onClick={() => props.onJump(dayStartMs - noon)}
      >
        <ChevronLeft aria-hidden="true" />
      </button>
      <input
        type="date"
        className={controls.field}
        aria-label={t('playback.date')}
        value={date}
        max={isoDateOf(nowMs)}
        onChange={(event) => setDate(event.target.value)}
      />
      <button
        type="button"
        className={icon}
        aria-label={t('playback.day.next')}
        title={t('playback.day.next')}
        disabled={dayStartMs + dayMs > nowMs}
        onClick={() => props.onJump(Math.min(dayStartMs + dayMs + noon, nowMs - 60_000))}
      >
        <ChevronRight aria-hidden="true" />
      </button>
      <input
        ref={props.jumpField}
        type="text"
        inputMode="numeric"
        className={classNames(controls.field, styles.time)}
        aria-label={t('playback.time')}
        aria-invalid={invalid}
        aria-describedby={invalid ? hintId : undefined}
        placeholder="16:05:30"
        value={time}
        onChange={(event) => setTime(event.target.value)}
        data-testid="playback-time"
      />
      <button type="submit" className={controls.button}>
        {t('playback.go')}
      </button>
      {invalid && (
        <span id={hintId} className={styles.invalid} role="alert">
          {t('playback.goInvalid')}
        </span>
      )}
    </form>
  );
}
