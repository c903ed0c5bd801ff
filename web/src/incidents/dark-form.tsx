import type { ExpectedDarkBody, ExpectedDarkView } from '@nigehban/domain/api/alert-types.ts';
import {
  type ExpectedDarkScope,
  expectedDarkKinds,
  expectedDarkScopes,
} from '@nigehban/domain/expected-dark.ts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import admin from '../admin/admin.module.css';
import { msOfLocal } from '../admin/recipient-draft.ts';
import { alertApi } from '../alerts/alert-api.ts';
import { useServices } from '../app/services.tsx';
import { useI18n } from '../i18n/i18n.tsx';
import { formatDate } from '../i18n/station-time.ts';
import { classNames } from '../ui/class-names.ts';
import controls from '../ui/controls.module.css';
import { Dialog } from '../ui/dialog.tsx';
import { FaultNotice } from '../ui/notice.tsx';
import { bodyOf, type DarkDraft, draftOf, newDraft, problemsOf } from './dark-draft.ts';
import styles from './expected-dark.module.css';
import { ScopePicker } from './scope-picker.tsx';

/** Announces darkness or changes an announcement; `known` is null for a new one. */
export function DarkForm(props: {
  readonly known: ExpectedDarkView | null;
  readonly scope: ExpectedDarkScope | null;
  readonly onClose: () => void;
}) {
  const { t, age, language } = useI18n();
  const { clock } = useServices();
  const queries = useQueryClient();
  const { known, onClose } = props;
  const [draft, setDraft] = useState<DarkDraft>(() =>
    known === null ? newDraft(clock.nowMs(), props.scope) : draftOf(known),
  );
  const [tried, setTried] = useState(false);
  const problems = problemsOf(draft);
  // Said in words below the fields: browsers write dates in the order of their own language.
  const [fromMs, toMs] = [msOfLocal(draft.from), msOfLocal(draft.to)];
  const change = (changes: Partial<DarkDraft>): void => setDraft({ ...draft, ...changes });
  const save = useMutation({
    mutationFn: (body: ExpectedDarkBody) => alertApi.saveExpectedDark(known?.id ?? null, body),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['expected-dark'] });
      onClose();
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setTried(true);
    const body = bodyOf(draft);
    if (body !== null) save.mutate(body);
  };
  return (
    <Dialog title={t(known === null ? 'expected.add' : 'expected.change')} onClose={onClose}>
      <form className={admin.form} onSubmit={submit} noValidate data-testid="expected-form">
        <label className={admin.label}>
          <span>{t('expected.column.kind')}</span>
          <select
            className={controls.field}
            data-first-focus
            value={draft.kind}
            onChange={(event) => {
              const kind = expectedDarkKinds.find((one) => one === event.target.value);
              if (kind !== undefined) change({ kind });
            }}
          >
            {expectedDarkKinds.map((one) => (
              <option key={one} value={one}>
                {t(`expected.kind.${one}`)}
              </option>
            ))}
          </select>
        </label>
        <label className={admin.label}>
          <span>{t('expected.column.scope')}</span>
          <select
            className={controls.field}
            value={draft.scopeKind}
            onChange={(event) => {
              const scopeKind = expectedDarkScopes.find((one) => one === event.target.value);
              if (scopeKind !== undefined) change({ scopeKind, key: '' });
            }}
          >
            {expectedDarkScopes.map((one) => (
              <option key={one} value={one}>
                {t(`expected.scope.${one}`)}
              </option>
            ))}
          </select>
        </label>
        <ScopePicker kind={draft.scopeKind} value={draft.key} onChange={(key) => change({ key })} />
        <label className={admin.label}>
          <span>{t('expected.from')}</span>
          <input
            className={controls.field}
            type="datetime-local"
            value={draft.from}
            onChange={(event) => change({ from: event.target.value })}
          />
          <span>{fromMs !== null && formatDate(fromMs, language)}</span>
        </label>
        <label className={admin.label}>
          <span>{t('expected.to')}</span>
          <input
            className={controls.field}
            type="datetime-local"
            value={draft.to}
            onChange={(event) => change({ to: event.target.value })}
          />
          <span>
            {toMs !== null && formatDate(toMs, language)}
            {fromMs !== null && toMs !== null && toMs > fromMs && (
              <> · {t('expected.lasts', { duration: age(toMs - fromMs) })}</>
            )}
          </span>
        </label>
        <label className={classNames(admin.label, admin.wide)}>
          <span>{t('expected.column.reason')}</span>
          <textarea
            className={classNames(controls.field, styles.reason)}
            rows={2}
            dir="auto"
            maxLength={500}
            value={draft.reason}
            onChange={(event) => change({ reason: event.target.value })}
          />
        </label>
        {tried && problems.length > 0 && (
          <ul className={styles.problems} role="alert">
            {problems.map((problem) => (
              <li key={problem}>{t(`expected.problem.${problem}`)}</li>
            ))}
          </ul>
        )}
        {save.isError && (
          <div className={admin.wide}>
            <FaultNotice fault={save.error} />
          </div>
        )}
        <div className={classNames(admin.actions, admin.wide)}>
          <button
            type="submit"
            className={classNames(controls.button, controls.primary)}
            disabled={save.isPending}
            data-testid="expected-save"
          >
            {t('expected.save')}
          </button>
          <button type="button" className={controls.button} onClick={onClose}>
            {t('alerts.cancel')}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
