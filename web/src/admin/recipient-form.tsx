import type { RecipientView } from '@nigehban/domain/api/notice-types.ts';
import { escalationLevels, severities } from '@nigehban/domain/notice-occasion.ts';
import { channelKinds } from '@nigehban/domain/notification.ts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useI18n } from '../i18n/i18n.tsx';
import { classNames } from '../ui/class-names.ts';
import controls from '../ui/controls.module.css';
import { Dialog } from '../ui/dialog.tsx';
import { FaultNotice } from '../ui/notice.tsx';
import styles from './admin.module.css';
import { districtsQuery } from './districts.ts';
import { Field } from './form-fields.tsx';
import { noticeApi } from './notice-api.ts';
import { bodyOf, draftOf, emptyDraft, problemsOf, type RecipientDraft } from './recipient-draft.ts';
import { ShiftFields } from './shift-fields.tsx';

/** A recipient in a dialog; `known` is null for a new one. */
export function RecipientForm(props: {
  readonly known: RecipientView | null;
  readonly onClose: () => void;
}) {
  const { t } = useI18n();
  const { known, onClose } = props;
  const queries = useQueryClient();
  const [draft, setDraft] = useState<RecipientDraft>(known === null ? emptyDraft : draftOf(known));
  const [tried, setTried] = useState(false);
  const keepsTarget = known !== null && known.channel === draft.channel;
  const problems = problemsOf(draft, keepsTarget);
  const change = (changes: Partial<RecipientDraft>): void => setDraft({ ...draft, ...changes });
  const save = useMutation({
    mutationFn: (body: NonNullable<ReturnType<typeof bodyOf>>) =>
      noticeApi.save(known?.id ?? null, body),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['notices'] });
      onClose();
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setTried(true);
    const body = bodyOf(draft, keepsTarget);
    if (body !== null) save.mutate(body);
  };
  return (
    <Dialog
      title={t(known === null ? 'notices.recipient.new' : 'notices.recipient.change')}
      onClose={onClose}
    >
      <form className={styles.form} onSubmit={submit} noValidate data-testid="recipient-form">
        <Field label={t('notices.name')}>
          <input
            className={controls.field}
            data-first-focus
            maxLength={120}
            value={draft.name}
            onChange={(event) => change({ name: event.target.value })}
          />
        </Field>
        <Field label={t('notices.channel')}>
          <select
            className={controls.field}
            value={draft.channel}
            onChange={(event) => {
              const channel = channelKinds.find((one) => one === event.target.value);
              if (channel !== undefined) change({ channel, target: '', secret: '' });
            }}
          >
            {channelKinds.map((one) => (
              <option key={one} value={one}>
                {t(`notices.channel.${one}`)}
              </option>
            ))}
          </select>
        </Field>
        <Field
          label={t(`notices.target.${draft.channel}`)}
          hint={keepsTarget ? t('notices.target.keep', { hint: known.targetHint }) : undefined}
        >
          <input
            className={controls.field}
            dir="ltr"
            inputMode={draft.channel === 'sms' ? 'tel' : undefined}
            autoComplete="off"
            value={draft.target}
            onChange={(event) => change({ target: event.target.value })}
          />
        </Field>
        {draft.channel === 'webhook' && (
          <Field label={t('notices.secret')}>
            <input
              className={controls.field}
              dir="ltr"
              type="password"
              autoComplete="new-password"
              value={draft.secret}
              onChange={(event) => change({ secret: event.target.value })}
            />
          </Field>
        )}
        <TerritoryFields draft={draft} onChange={change} />
        <Field label={t('notices.minSeverity')}>
          <select
            className={controls.field}
            value={draft.minSeverity}
            onChange={(event) => {
              const minSeverity = severities.find((one) => one === event.target.value);
              if (minSeverity !== undefined) change({ minSeverity });
            }}
          >
            {severities.map((one) => (
              <option key={one} value={one}>
                {t(`notices.severity.${one}`)}
              </option>
            ))}
          </select>
        </Field>
        <Field label={t('notices.language')}>
          <select
            className={controls.field}
            value={draft.language}
            onChange={(event) => change({ language: event.target.value === 'ur' ? 'ur' : 'en' })}
          >
            <option value="en">English</option>
            <option value="ur">اردو</option>
          </select>
        </Field>
        <Field label={t('notices.quiet')}>
          <span className={styles.pair} dir="ltr">
            <input
              className={controls.field}
              type="time"
              aria-label={`${t('notices.quiet')} ${t('notices.shifts.from')}`}
              value={draft.quietFrom}
              onChange={(event) => change({ quietFrom: event.target.value })}
            />
            <span>–</span>
            <input
              className={controls.field}
              type="time"
              aria-label={`${t('notices.quiet')} ${t('notices.shifts.to')}`}
              value={draft.quietTo}
              onChange={(event) => change({ quietTo: event.target.value })}
            />
          </span>
        </Field>
        <Field label={t('notices.limit')}>
          <span className={styles.pair}>
            <input
              className={controls.field}
              inputMode="numeric"
              aria-label={t('notices.limit.messages')}
              value={draft.limitMessages}
              onChange={(event) => change({ limitMessages: event.target.value })}
            />
            <span>{t('notices.limit.per')}</span>
            <input
              className={controls.field}
              inputMode="numeric"
              aria-label={t('notices.limit.per')}
              value={draft.limitMinutes}
              onChange={(event) => change({ limitMinutes: event.target.value })}
            />
          </span>
        </Field>
        <ShiftFields shifts={draft.shifts} onChange={(shifts) => change({ shifts })} />
        <label className={classNames(styles.check, styles.wide)}>
          <input
            type="checkbox"
            checked={draft.enabled}
            onChange={(event) => change({ enabled: event.target.checked })}
          />
          {t('notices.enabled')}
        </label>
        {tried && problems.length > 0 && (
          <ul className={classNames(styles.wide, styles.wrong)} role="alert">
            {problems.map((problem) => (
              <li key={problem}>{t(`notices.problem.${problem}`)}</li>
            ))}
          </ul>
        )}
        {save.isError && (
          <div className={styles.wide}>
            <FaultNotice fault={save.error} />
          </div>
        )}
        <div className={classNames(styles.actions, styles.wide)}>
          <button
            type="submit"
            className={classNames(controls.button, controls.primary)}
            disabled={save.isPending}
          >
            {t('notices.save')}
          </button>
          <button type="button" className={controls.button} onClick={onClose}>
            {t('notices.cancel')}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function TerritoryFields(props: {
  readonly draft: RecipientDraft;
  readonly onChange: (changes: Partial<RecipientDraft>) => void;
}) {
  const { t, pick } = useI18n();
  const { draft, onChange } = props;
  const districts = useQuery(districtsQuery);
  const list = districts.data ?? [];
  const divisions = [...new Set(list.map((one) => one.division))].sort();
  return (
    <>
      <Field label={t('notices.level')}>
        <select
          className={controls.field}
          value={draft.level}
          onChange={(event) => {
            const level = escalationLevels.find((one) => one === event.target.value);
            if (level !== undefined) onChange({ level });
          }}
        >
          {escalationLevels.map((one) => (
            <option key={one} value={one}>
              {t(`notices.level.${one}`)}
            </option>
          ))}
        </select>
      </Field>
      {draft.level === 'district' && (
        <Field label={t('notices.district')}>
          <select
            className={controls.field}
            value={draft.districtCode}
            onChange={(event) => onChange({ districtCode: event.target.value })}
          >
            <option value="">{t('notices.choose')}</option>
            {list.map((one) => (
              <option key={one.code} value={one.code}>
                {pick(one.name, one.nameUr)}
              </option>
            ))}
          </select>
        </Field>
      )}
      {draft.level === 'division' && (
        <Field label={t('notices.division')}>
          <select
            className={controls.field}
            value={draft.division}
            onChange={(event) => onChange({ division: event.target.value })}
          >
            <option value="">{t('notices.choose')}</option>
            {divisions.map((one) => (
              <option key={one} value={one}>
                {one}
              </option>
            ))}
          </select>
        </Field>
      )}
    </>
  );
}
