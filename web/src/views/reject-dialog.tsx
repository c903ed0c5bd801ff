import { useState } from 'react';
import dialog from '../camera/camera-dialog.module.css';
import camera from '../camera/camera-panel.module.css';
import { Code, useI18n } from '../i18n/i18n.tsx';
import { classNames } from '../ui/class-names.ts';
import controls from '../ui/controls.module.css';
import { Dialog } from '../ui/dialog.tsx';

const suggestions = ['ballot', 'screen', 'aim', 'poor'] as const;

/** Asks why a picture is rejected: the technician reads it. */
export function RejectDialog(props: {
  readonly code: string;
  readonly busy: boolean;
  readonly onReject: (reason: string) => void;
  readonly onClose: () => void;
}) {
  const { t } = useI18n();
  const [reason, setReason] = useState('');
  const ready = reason.trim() !== '' && !props.busy;
  return (
    <Dialog title={t('views.rejectReason')} onClose={props.onClose}>
      <form
        className={dialog.form}
        onSubmit={(event) => {
          event.preventDefault();
          if (ready) props.onReject(reason.trim());
        }}
      >
        <Code className={dialog.code}>{props.code}</Code>
        <div className={camera.tools}>
          {suggestions.map((name) => (
            <button
              key={name}
              type="button"
              className={controls.button}
              onClick={() => setReason(t(`views.rejectReason.suggest.${name}`))}
            >
              {t(`views.rejectReason.suggest.${name}`)}
            </button>
          ))}
        </div>
        <label>
          {t('assignment.reason')}
          <input
            className={controls.field}
            value={reason}
            dir="auto"
            maxLength={500}
            onChange={({ target }) => setReason(target.value)}
            data-first-focus
            data-testid="reject-reason"
          />
        </label>
        <div className={dialog.formActions}>
          <button
            type="submit"
            className={classNames(controls.button, dialog.danger)}
            disabled={!ready}
            data-testid="reject-confirm"
          >
            {t('views.reject')}
          </button>
          <button type="button" className={controls.button} onClick={props.onClose}>
            {t('camera.cancel')}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
