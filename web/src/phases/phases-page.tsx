import type { PhasesBody, PhasesView } from '@nigehban/domain/api/alert-types.ts';
import { pollPhases } from '@nigehban/domain/election-phase.ts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Plus, X } from 'lucide-react';
import { type FormEvent, useEffect, useState } from 'react';
import admin from '../admin/admin.module.css';
import { districtsQuery } from '../admin/districts.ts';
import { alertApi } from '../alerts/alert-api.ts';
import { SectionTabs } from '../alerts/section-tabs.tsx';
import { useServerNow, useServices } from '../app/services.tsx';
import { useCan } from '../app/session.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { classNames } from '../ui/class-names.ts';
import controls from '../ui/controls.module.css';
import { FaultNotice, LoadingRows } from '../ui/notice.tsx';
import { PhaseBadge } from './phase-badge.tsx';
import { addRow, entriesOf, type PhaseRow, rowsOf, wrongRows } from './phase-draft.ts';
import styles from './phases.module.css';

/** The poll-phase clock: where every district stands, and for administrators when that changes. */
export function PhasesPage() {
  const { t } = useI18n();
  const { socket } = useServices();
  const queries = useQueryClient();
  const mayManage = useCan('phase.manage');
  const phases = useQuery({ queryKey: ['phases'], queryFn: alertApi.phases });
  useEffect(
    () =>
      socket.onMessage((message) => {
        if (message.type === 'phase') void queries.invalidateQueries({ queryKey: ['phases'] });
      }),
    [socket, queries],
  );
  return (
    <div className={admin.page}>
      <div className={admin.toolbar}>
        <h1>{t('phases.title')}</h1>
        <SectionTabs />
      </div>
      <p className={admin.muted}>{t('phases.about')}</p>
      {phases.isError && <FaultNotice fault={phases.error} onRetry={() => void phases.refetch()} />}
      {phases.data === undefined ? (
        !phases.isError && <LoadingRows rows={6} />
      ) : (
        <>
          <ClockForm view={phases.data} mayManage={mayManage} />
          <DistrictPhases view={phases.data} />
        </>
      )}
    </div>
  );
}

function useDistrictName(): (code: string) => string {
  const { pick } = useI18n();
  const { data: districts } = useQuery(districtsQuery);
  return (code) => {
    const district = districts?.find((one) => one.code === code);
    return district === undefined ? code : pick(district.name, district.nameUr);
  };
}

function ClockForm(props: { readonly view: PhasesView; readonly mayManage: boolean }) {
  const { t } = useI18n();
  const queries = useQueryClient();
  const { view, mayManage } = props;
  const [base, setBase] = useState(view);
  const [rows, setRows] = useState(() => rowsOf(view.entries));
  const [changed, setChanged] = useState(false);
  if (!changed && base !== view) {
    setBase(view);
    setRows(rowsOf(view.entries));
  }
  const save = useMutation({
    mutationFn: (body: PhasesBody) => alertApi.setPhases(body),
    onSuccess: (saved) => {
      setChanged(false);
      queries.setQueryData(['phases'], saved);
    },
  });
  const change = (next: readonly PhaseRow[]): void => {
    setRows(next);
    setChanged(true);
  };
  const entries = entriesOf(rows);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (entries !== null) save.mutate({ entries, version: base.version });
  };
  const discard = (): void => {
    save.reset();
    setChanged(false);
    setBase(view);
    setRows(rowsOf(view.entries));
  };
  return (
    <form className={styles.clock} onSubmit={submit} data-testid="phase-clock">
      <h2>{t('phases.clock')}</h2>
      {rows.length === 0 && <p className={admin.muted}>{t('phases.none')}</p>}
      <ClockRows rows={rows} mayManage={mayManage} onChange={change} />
      {changed && view.version !== base.version && (
        <p className={styles.wrong} role="alert">
          {t('phases.changedMeanwhile')}
        </p>
      )}
      {save.isError && <FaultNotice fault={save.error} />}
      {mayManage && (
        <div className={admin.actions}>
          <button type="button" className={controls.button} onClick={() => change(addRow(rows))}>
            <Plus aria-hidden="true" />
            {t('phases.add')}
          </button>
          <button
            type="submit"
            className={classNames(controls.button, controls.primary)}
            disabled={!changed || entries === null || save.isPending}
            data-testid="phases-save"
          >
            {t('phases.save')}
          </button>
          {changed && (
            <button type="button" className={controls.button} onClick={discard}>
              {t('phases.discard')}
            </button>
          )}
        </div>
      )}
    </form>
  );
}

function ClockRows(props: {
  readonly rows: readonly PhaseRow[];
  readonly mayManage: boolean;
  readonly onChange: (rows: readonly PhaseRow[]) => void;
}) {
  const { t, pick, moment } = useI18n();
  const nowMs = useServerNow(60_000);
  const districtName = useDistrictName();
  const { data: districts } = useQuery(districtsQuery);
  const { rows, onChange } = props;
  const { untimed, doubled } = wrongRows(rows);
  const set = (id: number, changes: Partial<PhaseRow>): void =>
    onChange(rows.map((row) => (row.id === id ? { ...row, ...changes } : row)));
  if (rows.length === 0) return null;
  if (!props.mayManage) {
    return (
      <ol className={styles.entries}>
        {rows.map((row) => (
          <li key={row.id} className={styles.entry}>
            <span>{moment(Date.parse(`${row.startsAt}:00+05:00`), nowMs)}</span>
            <PhaseBadge phase={row.phase} />
            <span className={admin.muted}>
              {row.districtCode === '' ? t('phases.all') : districtName(row.districtCode)}
            </span>
          </li>
        ))}
      </ol>
    );
  }
  return (
    <ol className={styles.entries}>
      {rows.map((row) => (
        <li key={row.id} className={styles.entry}>
          <select
            className={controls.field}
            aria-label={t('phases.district')}
            value={row.districtCode}
            onChange={(event) => set(row.id, { districtCode: event.target.value })}
          >
            <option value="">{t('phases.all')}</option>
            {districts?.map(({ code, name, nameUr }) => (
              <option key={code} value={code}>
                {pick(name, nameUr)}
              </option>
            ))}
          </select>
          <select
            className={controls.field}
            aria-label={t('phases.phase')}
            value={row.phase}
            onChange={(event) => {
              const phase = pollPhases.find((one) => one === event.target.value);
              if (phase !== undefined) set(row.id, { phase });
            }}
          >
            {pollPhases.map((phase) => (
              <option key={phase} value={phase}>
                {t(`phase.${phase}`)}
              </option>
            ))}
          </select>
          <input
            className={controls.field}
            type="datetime-local"
            aria-label={t('phases.startsAt')}
            aria-invalid={untimed.has(row.id) || doubled.has(row.id)}
            value={row.startsAt}
            onChange={(event) => set(row.id, { startsAt: event.target.value })}
          />
          <button
            type="button"
            className={classNames(controls.button, controls.quiet, controls.icon)}
            aria-label={t('phases.remove')}
            title={t('phases.remove')}
            onClick={() => onChange(rows.filter((other) => other.id !== row.id))}
          >
            <X aria-hidden="true" />
          </button>
          {doubled.has(row.id) && <span className={styles.wrong}>{t('phases.doubled')}</span>}
          {untimed.has(row.id) && <span className={styles.wrong}>{t('phases.untimed')}</span>}
        </li>
      ))}
    </ol>
  );
}

function DistrictPhases(props: { readonly view: PhasesView }) {
  const { t, moment } = useI18n();
  const nowMs = useServerNow(60_000);
  const districtName = useDistrictName();
  return (
    <div className={admin.scroll}>
      <table className={classNames(admin.table, styles.districts)}>
        <caption>{t('phases.now')}</caption>
        <thead>
          <tr>
            <th scope="col">{t('phases.district')}</th>
            <th scope="col">{t('phases.phase')}</th>
            <th scope="col">{t('phases.since')}</th>
            <th scope="col">{t('phases.next')}</th>
          </tr>
        </thead>
        <tbody>
          {props.view.districts.map((district) => (
            <tr key={district.districtCode}>
              <th scope="row">{districtName(district.districtCode)}</th>
              <td>
                <PhaseBadge phase={district.phase} />
              </td>
              <td>
                {district.sinceMs === null ? t('phases.noClock') : moment(district.sinceMs, nowMs)}
              </td>
              <td>
                {district.nextPhase !== null && district.nextAtMs !== null && (
                  <>
                    {t(`phase.${district.nextPhase}`)} · {moment(district.nextAtMs, nowMs)}
                  </>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
