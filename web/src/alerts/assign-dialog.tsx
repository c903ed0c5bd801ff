import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useId, useMemo, useState } from 'react';
import { useFleet, useServices } from '../app/services.tsx';
import { useI18n } from '../i18n/i18n.tsx';
import { classNames } from '../ui/class-names.ts';
import controls from '../ui/controls.module.css';
import { Dialog } from '../ui/dialog.tsx';
import { FaultNotice } from '../ui/notice.tsx';
import { alertApi } from './alert-api.ts';
import styles from './dialogs.module.css';
import type { Selection } from './inbox-rows.ts';

/** Gives an alert or an incident to a person: oneself first, anybody by user name, or nobody. */
export function AssignDialog(props: {
  readonly of: NonNullable<Selection>;
  readonly username: string;
  readonly onClose: () => void;
}) {
  const { t } = useI18n();
  const { store } = useServices();
  const { openAlerts, openIncidents } = useFleet();
  const { of, username, onClose } = props;
  const [name, setName] = useState('');
  const listId = useId();
  const target = (of.kind === 'alert' ? openAlerts : openIncidents).find((one) => one.id === of.id);
  const names = useMemo(() => {
    const found = new Set<string>();
    for (const { assignee, acknowledgedBy } of [...openAlerts, ...openIncidents]) {
      if (assignee !== null) found.add(assignee);
      if (acknowledgedBy !== null) found.add(acknowledgedBy);
    }
    return [...found].sort();
  }, [openAlerts, openIncidents]);
  const assign = useMutation({
    mutationFn: async (assignee: string | null) => {
      if (target === undefined) return;
      const body = { version: target.version, assignee };
      if (of.kind === 'alert') {
        store.apply({ type: 'alert', seq: 0, alert: await alertApi.assign(of.id, body) });
      } else {
        const incident = await alertApi.assignIncident(of.id, body);
        store.apply({ type: 'incident', seq: 0, incident });
      }
    },
    onSuccess: onClose,
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (name.trim() !== '') assign.mutate(name.trim());
  };
  return (
    <Dialog title={t('alerts.assign')} onClose={onClose}>
      <form className={styles.form} onSubmit={submit}>
        <p>
          {target?.assignee == null
            ? t('alerts.assign.nobody')
            : t('alerts.assign.now', { name: target.assignee })}
        </p>
        <div className={styles.actions}>
          <button
            type="button"
            data-first-focus
            className={classNames(controls.button, controls.primary)}
            disabled={target === undefined || assign.isPending}
            onClick={() => assign.mutate(username)}
            data-testid="assign-self"
          >
            {t('alerts.assign.self')}
          </button>
          {target?.assignee != null && (
            <button
              type="button"
              className={controls.button}
              disabled={assign.isPending}
              onClick={() => assign.mutate(null)}
            >
              {t('alerts.assign.clear')}
            </button>
          )}
        </div>
        <label className={styles.label}>
          <span>{t('alerts.assign.other')}</span>
          <span className={styles.pair}>
            <input
              className={controls.field}
              dir="ltr"
              list={listId}
              autoComplete="off"
              maxLength={64}
              value={name}
              onChange={(event) => setName(event.target.value)}
            />
            <button
              type="submit"
              className={controls.button}
              disabled={name.trim() === '' || target === undefined || assign.isPending}
            >
              {t('alerts.assign.give')}
            </button>
          </span>
        </label>
        <datalist id={listId}>
          {names.map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
        <p className={styles.muted}>{t('alerts.assign.escalation')}</p>
        {assign.isError && <FaultNotice fault={assign.error} />}
      </form>
    </Dialog>
  );
}
