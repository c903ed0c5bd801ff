import { cleanReason, reasonLength } from '@nigehban/domain/manual-escalation.ts';
import type { EscalationLevel } from '@nigehban/domain/notice-occasion.ts';
import { CircleArrowUp } from 'lucide-react';
import { type FormEvent, type KeyboardEvent, useState } from 'react';
import { useServerNow } from '../app/services.tsx';
import { useI18n } from '../i18n/i18n.tsx';
import { classNames } from '../ui/class-names.ts';
import controls from '../ui/controls.module.css';
import { Dialog } from '../ui/dialog.tsx';
import { FaultNotice } from '../ui/notice.tsx';
import pageStyles from './alerts-page.module.css';
import styles from './dialogs.module.css';
import type { Selection } from './inbox-rows.ts';
import { type MovedOn, useEscalate } from './use-escalate.ts';

/** Asks why, and hands an alert or an incident one level up, from the level at which it was seen. */
export function EscalateDialog(props: {
  readonly of: NonNullable<Selection>;
  readonly from: EscalationLevel;
  readonly to: EscalationLevel;
  readonly onClose: () => void;
}) {
  const { t } = useI18n();
  const { to, onClose } = props;
  const [reason, setReason] = useState('');
  const escalating = useEscalate(props.of, props.from, onClose);
  const clean = cleanReason(reason);
  const { moved } = escalating;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (clean !== null && !escalating.pending) escalating.send(clean);
  };
  // The reason is one line: Enter sends it, also while an input method is not composing.
  const sendByEnter = (event: KeyboardEvent<HTMLTextAreaElement>): void => {
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    event.currentTarget.form?.requestSubmit();
  };
  return (
    <Dialog title={t(`alerts.escalate.${to}`)} onClose={onClose}>
      <form className={styles.form} onSubmit={submit} data-testid="escalate-form">
        <p>{t(`alerts.escalate.tells.${to}`)}</p>
        <label className={styles.label}>
          <span>{t('alerts.escalate.reason')}</span>
          <textarea
            className={controls.field}
            rows={3}
            dir="auto"
            data-first-focus
            required
            maxLength={reasonLength.most}
            value={reason}
            readOnly={moved !== null}
            onChange={(event) => setReason(event.target.value)}
            onKeyDown={sendByEnter}
            data-testid="escalate-reason"
          />
        </label>
        <p className={styles.muted}>{t('alerts.escalate.stays')}</p>
        {moved !== null && <Moved moved={moved} />}
        {escalating.fault !== null && moved === null && <FaultNotice fault={escalating.fault} />}
        <div className={styles.actions}>
          {moved === null && (
            <button
              type="submit"
              className={classNames(controls.button, controls.primary)}
              disabled={clean === null || escalating.pending}
              data-testid="escalate-submit"
            >
              <CircleArrowUp aria-hidden="true" />
              {t(`alerts.escalate.${to}`)}
            </button>
          )}
          <button type="button" className={controls.button} onClick={onClose}>
            {t(moved === null ? 'alerts.cancel' : 'dialog.close')}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function Moved(props: { readonly moved: MovedOn }) {
  const { t, moment } = useI18n();
  const nowMs = useServerNow(5_000);
  const { step, level, by, atMs } = props.moved;
  const time = moment(atMs ?? nowMs, nowMs);
  const to = t(`alerts.level.to.${level}`);
  return (
    <p className={pageStyles.conflict} role="alert" data-testid="escalate-conflict">
      {step === 'changed'
        ? t('alerts.escalate.moved.grown', { to })
        : by === null
          ? t(`alerts.escalate.moved.${step}`, { to, time })
          : t(`alerts.escalate.moved.${step}.by`, { name: by, to, time })}
    </p>
  );
}
