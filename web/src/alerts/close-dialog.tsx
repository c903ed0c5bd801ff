import { type ResolveBody, resolutionCauses } from '@nigehban/domain/api/alert-types.ts';
import type { AlertView } from '@nigehban/domain/api/http-types.ts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useServices } from '../app/services.tsx';
import { useI18n } from '../i18n/i18n.tsx';
import { classNames } from '../ui/class-names.ts';
import controls from '../ui/controls.module.css';
import { Dialog } from '../ui/dialog.tsx';
import { FaultNotice } from '../ui/notice.tsx';
import { alertApi } from './alert-api.ts';
import styles from './dialogs.module.css';

const causes = resolutionCauses.filter((cause) => cause !== 'recovered');

/** Closes an alert by hand: what it was, and a note. */
export function CloseDialog(props: { readonly alert: AlertView; readonly onClose: () => void }) {
  const { t } = useI18n();
  const { store } = useServices();
  const queries = useQueryClient();
  const { alert, onClose } = props;
  const [cause, setCause] = useState<ResolveBody['cause'] | null>(null);
  const [note, setNote] = useState('');
  const resolve = useMutation({
    mutationFn: (body: ResolveBody) => alertApi.resolve(alert.id, body),
    onSuccess: (closed) => {
      store.apply({ type: 'alert', seq: 0, alert: closed });
      void queries.invalidateQueries({ queryKey: ['alerts'] });
      onClose();
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (cause === null) return;
    const text = note.trim();
    resolve.mutate({ version: alert.version, cause, note: text === '' ? null : text });
  };
  return (
    <Dialog title={t('alerts.close')} onClose={onClose}>
      <form className={styles.form} onSubmit={submit} data-testid="close-form">
        <fieldset className={styles.choices}>
          <legend>{t('alerts.close.cause')}</legend>
          {causes.map((one, index) => (
            <label key={one} className={styles.choice}>
              <input
                type="radio"
                name="cause"
                value={one}
                checked={cause === one}
                {...(index === 0 ? { 'data-first-focus': true } : {})}
                onChange={() => setCause(one)}
              />
              {t(`alerts.resolution.${one}`)}
            </label>
          ))}
        </fieldset>
        <label className={styles.label}>
          <span>{t('alerts.close.note')}</span>
          <textarea
            className={controls.field}
            rows={3}
            dir="auto"
            maxLength={2_000}
            value={note}
            onChange={(event) => setNote(event.target.value)}
          />
        </label>
        {alert.down > 0 && <p className={styles.muted}>{t('alerts.close.stillDown')}</p>}
        {resolve.isError && <FaultNotice fault={resolve.error} />}
        <div className={styles.actions}>
          <button
            type="submit"
            className={classNames(controls.button, controls.primary)}
            disabled={cause === null || resolve.isPending}
            data-testid="close-submit"
          >
            {t('alerts.close')}
          </button>
          <button type="button" className={controls.button} onClick={onClose}>
            {t('alerts.cancel')}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
