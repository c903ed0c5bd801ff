import type { AlertStep, IncidentStep } from '@nigehban/domain/api/alert-types.ts';
import { escalationLevels } from '@nigehban/domain/notice-occasion.ts';
import { useMemo } from 'react';
import { Code, useI18n } from '../i18n/i18n.tsx';
import { StatusBadge } from '../status/status-mark.tsx';
import { cameraTone } from '../status/status-tone.ts';
import { classNames } from '../ui/class-names.ts';
import styles from './alerts-page.module.css';
import { detailText, mergeLife, type Transition } from './life-events.ts';

/** What happened, oldest first: states of cameras, and what the system and people did. */
export function LifeTimeline(props: {
  readonly steps: readonly (AlertStep | IncidentStep)[];
  readonly transitions: readonly Transition[];
  readonly nowMs: number;
}) {
  const { t, moment } = useI18n();
  const events = useMemo(
    () => mergeLife(props.steps, props.transitions),
    [props.steps, props.transitions],
  );
  return (
    <section className={styles.life}>
      <h3>{t('alerts.timeline')}</h3>
      <ol>
        {events.map((event) => (
          <li key={event.key} className={classNames('step' in event && styles.lifeStep)}>
            <time dateTime={new Date(event.atMs).toISOString()}>
              {moment(event.atMs, props.nowMs)}
            </time>
            {'step' in event ? (
              <StepText step={event.step} />
            ) : (
              <TransitionText transition={event.transition} />
            )}
          </li>
        ))}
      </ol>
    </section>
  );
}

function TransitionText(props: { readonly transition: Transition }) {
  const { t } = useI18n();
  const { transition } = props;
  return (
    <span className={styles.lifeText}>
      <StatusBadge tone={cameraTone[transition.to]}>
        {t(`camera.state.${transition.to}`)}
      </StatusBadge>{' '}
      <span className={styles.muted}>
        <Code>{transition.cameraCode}</Code>
        {transition.fault !== null && <> · {t(`fault.${transition.fault}`)}</>}
      </span>
    </span>
  );
}

function StepText(props: { readonly step: AlertStep | IncidentStep }) {
  const { t } = useI18n();
  const { step } = props;
  const text = detailText(step, 'text') ?? detailText(step, 'note') ?? detailText(step, 'reason');
  const assignee = detailText(step, 'assignee');
  const level = escalationLevels.find((one) => one === detailText(step, 'level'));
  return (
    <span className={styles.lifeText}>
      <strong>{t(`alerts.step.${step.step}`)}</strong>
      {step.step === 'assigned' && <> · {assignee ?? t('alerts.assign.nobodyName')}</>}
      {step.step === 'escalated' && level !== undefined && <> · {t(`alerts.level.to.${level}`)}</>}
      {step.actor !== null && <span className={styles.muted}> · {step.actor}</span>}
      {text !== null && (
        <q dir="auto" className={styles.noteText}>
          {text}
        </q>
      )}
    </span>
  );
}
