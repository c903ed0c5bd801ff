import type { ElectionBody, ElectionView } from '@nigehban/domain/api/election-types.ts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Pencil, Plus, Trash2 } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import admin from '../admin/admin.module.css';
import { useI18n } from '../i18n/i18n.tsx';
import { classNames } from '../ui/class-names.ts';
import controls from '../ui/controls.module.css';
import { FaultNotice } from '../ui/notice.tsx';
import { ClockList, ClockRows } from './clock-rows.tsx';
import { useDistrictName } from './district-name.ts';
import { electionApi } from './election-api.ts';
import { ElectionPlace } from './election-place.tsx';
import {
  addRow,
  type ElectionDraft,
  electionBodyOf,
  electionDraftOf,
  problemsOf,
} from './phase-draft.ts';
import styles from './phases.module.css';

/** An election with its clock; `known` is null for a new one, which `onClose` ends. */
export function ElectionCard(props: {
  readonly known: ElectionView | null;
  readonly mayManage: boolean;
  readonly onClose?: () => void;
}) {
  const { t } = useI18n();
  const queries = useQueryClient();
  const { known, mayManage, onClose } = props;
  const [base, setBase] = useState(known);
  const [draft, setDraft] = useState(() => electionDraftOf(known));
  const [changed, setChanged] = useState(false);
  const [open, setOpen] = useState(known === null);
  if (!changed && base !== known) {
    setBase(known);
    setDraft(electionDraftOf(known));
  }
  const save = useMutation({
    mutationFn: (body: ElectionBody) => electionApi.save(base, body),
    onSuccess: (saved) => {
      setChanged(false);
      setOpen(false);
      queries.setQueryData(['phases'], saved);
      onClose?.();
    },
  });
  const change = (changes: Partial<ElectionDraft>): void => {
    setDraft({ ...draft, ...changes });
    setChanged(true);
  };
  const problems = problemsOf(draft);
  const body = electionBodyOf(draft);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (body !== null) save.mutate(body);
  };
  const discard = (): void => {
    save.reset();
    setChanged(false);
    setOpen(false);
    setBase(known);
    setDraft(electionDraftOf(known));
    onClose?.();
  };
  const { outside, doubled, untimed } = problems.rows;
  return (
    <form
      className={styles.election}
      onSubmit={submit}
      data-testid="election"
      data-election-id={known?.id}
    >
      <CardHead
        known={known}
        mayManage={mayManage}
        open={open}
        onOpen={() => setOpen(!open)}
        key={known?.version}
      />
      {open && mayManage && <ElectionPlace draft={draft} onChange={change} />}
      {draft.rows.length === 0 ? (
        <p className={styles.none}>{t('phases.none')}</p>
      ) : mayManage ? (
        <ClockRows draft={draft} problems={problems.rows} onChange={(rows) => change({ rows })} />
      ) : (
        <ClockList rows={draft.rows} />
      )}
      {changed && known?.version !== base?.version && (
        <p className={styles.wrong} role="alert">
          {t('phases.changedMeanwhile')}
        </p>
      )}
      {changed && outside.size + doubled.size + untimed.size === 0 && (
        <Problem unnamed={problems.unnamed} nowhere={problems.nowhere} />
      )}
      {save.isError && <FaultNotice fault={save.error} />}
      {mayManage && (
        <div className={admin.actions}>
          <button
            type="button"
            className={controls.button}
            onClick={() => change({ rows: addRow(draft.rows) })}
          >
            <Plus aria-hidden="true" />
            {t('phases.add')}
          </button>
          <button
            type="submit"
            className={classNames(controls.button, controls.primary)}
            disabled={!changed || body === null || save.isPending}
            data-testid="election-save"
          >
            {t('phases.save')}
          </button>
          {(changed || known === null) && (
            <button type="button" className={controls.button} onClick={discard}>
              {t('phases.discard')}
            </button>
          )}
        </div>
      )}
    </form>
  );
}

function Problem(props: { readonly unnamed: boolean; readonly nowhere: boolean }) {
  const { t } = useI18n();
  if (!props.unnamed && !props.nowhere) return null;
  return <p className={styles.wrong}>{t(props.unnamed ? 'phases.unnamed' : 'phases.nowhere')}</p>;
}

function CardHead(props: {
  readonly known: ElectionView | null;
  readonly mayManage: boolean;
  readonly open: boolean;
  readonly onOpen: () => void;
}) {
  const { t, pick } = useI18n();
  const queries = useQueryClient();
  const districtName = useDistrictName();
  const [asking, setAsking] = useState(false);
  const { known, mayManage, open } = props;
  const remove = useMutation({
    mutationFn: electionApi.remove,
    onSuccess: (left) => queries.setQueryData(['phases'], left),
  });
  if (known === null) return <h2>{t('phases.newElection')}</h2>;
  const { districtCodes } = known;
  const separator = t('alerts.listSeparator');
  return (
    <>
      <header className={styles.head}>
        <h2>{pick(known.name, known.nameUr)}</h2>
        <span className={admin.muted}>
          {districtCodes === null
            ? t('phases.everywhere')
            : districtCodes.map(districtName).join(separator)}
        </span>
        {mayManage && (
          <span className={styles.tools}>
            <button
              type="button"
              className={classNames(controls.button, controls.quiet, controls.icon)}
              aria-expanded={open}
              aria-label={t('phases.edit')}
              title={t('phases.edit')}
              onClick={props.onOpen}
              data-testid="election-edit"
            >
              <Pencil aria-hidden="true" />
            </button>
            {asking ? (
              <button
                type="button"
                className={controls.button}
                disabled={remove.isPending}
                onClick={() => remove.mutate(known)}
                onBlur={() => setAsking(false)}
                ref={(button) => button?.focus()}
                data-testid="election-remove-sure"
              >
                {t('phases.removeElection.sure')}
              </button>
            ) : (
              <button
                type="button"
                className={classNames(controls.button, controls.quiet, controls.icon)}
                aria-label={t('phases.removeElection')}
                title={t('phases.removeElection')}
                onClick={() => setAsking(true)}
                data-testid="election-remove"
              >
                <Trash2 aria-hidden="true" />
              </button>
            )}
          </span>
        )}
      </header>
      {remove.isError && <FaultNotice fault={remove.error} />}
    </>
  );
}
