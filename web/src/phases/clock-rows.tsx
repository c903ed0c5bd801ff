import { pollPhases } from '@nigehban/domain/election-phase.ts';
import { useQuery } from '@tanstack/react-query';
import { X } from 'lucide-react';
import admin from '../admin/admin.module.css';
import { districtsQuery } from '../admin/districts.ts';
import { msOfLocal } from '../admin/recipient-draft.ts';
import { useServerNow } from '../app/services.tsx';
import { useI18n } from '../i18n/i18n.tsx';
import { formatDate } from '../i18n/station-time.ts';
import { classNames } from '../ui/class-names.ts';
import controls from '../ui/controls.module.css';
import { useDistrictName } from './district-name.ts';
import { PhaseBadge } from './phase-badge.tsx';
import type { DraftProblems, ElectionDraft, PhaseRow } from './phase-draft.ts';
import styles from './phases.module.css';

/** The entries of a clock to read. */
export function ClockList(props: { readonly rows: readonly PhaseRow[] }) {
  const { t, moment } = useI18n();
  const nowMs = useServerNow(60_000);
  const districtName = useDistrictName();
  return (
    <ol className={styles.entries}>
      {props.rows.map((row) => (
        <li key={row.id} className={styles.entry}>
          <span>{moment(msOfLocal(row.startsAt) ?? 0, nowMs)}</span>
          <PhaseBadge phase={row.phase} />
          <span className={admin.muted}>
            {row.districtCode === '' ? t('phases.all') : districtName(row.districtCode)}
          </span>
        </li>
      ))}
    </ol>
  );
}

/** The entries of a clock to set. */
export function ClockRows(props: {
  readonly draft: ElectionDraft;
  readonly problems: DraftProblems['rows'];
  readonly onChange: (rows: readonly PhaseRow[]) => void;
}) {
  const { t, language } = useI18n();
  const districtName = useDistrictName();
  const { data: districts } = useQuery(districtsQuery);
  const { draft, problems, onChange } = props;
  const { rows } = draft;
  const offered = draft.everywhere
    ? (districts ?? []).map(({ code }) => code)
    : [...draft.districtCodes];
  const set = (id: number, changes: Partial<PhaseRow>): void =>
    onChange(rows.map((row) => (row.id === id ? { ...row, ...changes } : row)));
  const wrong = (id: number) =>
    (['outside', 'doubled', 'untimed'] as const).find((kind) => problems[kind].has(id));
  return (
    <ol className={styles.entries}>
      {rows.map((row) => {
        const problem = wrong(row.id);
        const startsAtMs = msOfLocal(row.startsAt);
        const isOffered = row.districtCode === '' || offered.includes(row.districtCode);
        return (
          <li key={row.id} className={styles.entry}>
            <select
              className={controls.field}
              aria-label={t('phases.district')}
              value={row.districtCode}
              onChange={(event) => set(row.id, { districtCode: event.target.value })}
            >
              <option value="">{t('phases.all')}</option>
              {[...offered, ...(isOffered ? [] : [row.districtCode])].map((code) => (
                <option key={code} value={code}>
                  {districtName(code)}
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
              aria-invalid={problem === 'untimed' || problem === 'doubled'}
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
            {problem === undefined ? (
              // Browsers write dates in the order of their own language: 11/12 is said in words.
              startsAtMs !== null && (
                <span className={admin.muted}>{formatDate(startsAtMs, language)}</span>
              )
            ) : (
              <span className={styles.wrong}>{t(`phases.${problem}`)}</span>
            )}
          </li>
        );
      })}
    </ol>
  );
}
