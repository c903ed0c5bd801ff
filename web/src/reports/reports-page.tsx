import type {
  AlertReport,
  AvailabilityReport,
  CauseReport,
} from '@nigehban/domain/api/report-types.ts';
import { pollPhases } from '@nigehban/domain/election-phase.ts';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { Download, Printer } from 'lucide-react';
import admin from '../admin/admin.module.css';
import { districtsQuery } from '../admin/districts.ts';
import { request } from '../api/api-client.ts';
import { useServices } from '../app/services.tsx';
import { useI18n } from '../i18n/i18n.tsx';
import { formatDate, formatTime, startOfDayMs } from '../i18n/station-time.ts';
import { classNames } from '../ui/class-names.ts';
import controls from '../ui/controls.module.css';
import { DistrictOptions } from '../ui/district-filter.tsx';
import { FaultNotice, LoadingRows } from '../ui/notice.tsx';
import { AlertReportView } from './alert-report-view.tsx';
import { AvailabilityView } from './availability-view.tsx';
import { CauseReportView } from './cause-report-view.tsx';
import { daysOf, groupsOf, type ReportSearch, reportKinds, reportPath } from './report-search.ts';
import styles from './reports.module.css';

const route = getRouteApi('/reports');

/** Availability, how soon people answered, and what it was: to read, to print, to take away. */
export function ReportsPage() {
  const { t } = useI18n();
  const { clock } = useServices();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const kind = search.report ?? 'availability';
  const nowMs = clock.nowMs();
  const csv = reportPath(search, nowMs, 'csv');
  return (
    <div className={classNames(admin.page, styles.page)}>
      <div className={admin.toolbar}>
        <h1>{t('reports.title')}</h1>
        {/* biome-ignore lint/a11y/useSemanticElements: buttons in a row, no form */}
        <div className={controls.group} role="group" aria-label={t('reports.kind')}>
          {reportKinds.map((one) => (
            <button
              key={one}
              type="button"
              aria-pressed={one === kind}
              onClick={() => {
                const { group: _, ...rest } = search;
                void navigate({ search: { ...rest, report: one } });
              }}
            >
              {t(`reports.kind.${one}`)}
            </button>
          ))}
        </div>
        <span className={admin.spacer} />
        {csv !== null && (
          <a className={controls.button} href={csv} download data-testid="report-csv">
            <Download aria-hidden="true" />
            {t('reports.csv')}
          </a>
        )}
        <button type="button" className={controls.button} onClick={() => window.print()}>
          <Printer aria-hidden="true" />
          {t('reports.print')}
        </button>
      </div>
      <Filter
        search={search}
        nowMs={nowMs}
        onChange={(next) => void navigate({ search: next, replace: true })}
      />
      <Report search={search} nowMs={nowMs} />
    </div>
  );
}

function Filter(props: {
  readonly search: ReportSearch;
  readonly nowMs: number;
  readonly onChange: (search: ReportSearch) => void;
}) {
  const { t } = useI18n();
  const { search, onChange } = props;
  const { data: districts } = useQuery(districtsQuery);
  const days = daysOf(search, props.nowMs);
  const kind = search.report ?? 'availability';
  const groups = groupsOf(kind);
  const change = (name: keyof ReportSearch, value: string): void => {
    const rest = Object.fromEntries(Object.entries(search).filter(([key]) => key !== name));
    onChange(value === '' ? rest : { ...rest, [name]: value });
  };
  return (
    <div className={styles.filter}>
      <label className={admin.label}>
        <span>{t('reports.from')}</span>
        <input
          className={controls.field}
          type="date"
          value={days.from}
          onChange={(event) => change('from', event.target.value)}
        />
      </label>
      <label className={admin.label}>
        <span>{t('reports.to')}</span>
        <input
          className={controls.field}
          type="date"
          value={days.to}
          onChange={(event) => change('to', event.target.value)}
        />
      </label>
      <label className={admin.label}>
        <span>{t('stations.district')}</span>
        <select
          className={controls.field}
          value={search.district ?? ''}
          onChange={(event) => change('district', event.target.value)}
        >
          <DistrictOptions districts={districts} />
        </select>
      </label>
      {kind !== 'causes' && (
        <>
          <label className={admin.label}>
            <span>{t('phases.phase')}</span>
            <select
              className={controls.field}
              value={search.phase ?? ''}
              onChange={(event) => change('phase', event.target.value)}
            >
              <option value="">{t('reports.phase.all')}</option>
              {pollPhases.map((phase) => (
                <option key={phase} value={phase}>
                  {t(`phase.${phase}`)}
                </option>
              ))}
            </select>
          </label>
          <label className={admin.label}>
            <span>{t('reports.group')}</span>
            <select
              className={controls.field}
              value={groups.find((one) => one === search.group) ?? 'district'}
              onChange={(event) => change('group', event.target.value)}
            >
              {groups.map((group) => (
                <option key={group} value={group}>
                  {t(`reports.group.${group}`)}
                </option>
              ))}
            </select>
          </label>
        </>
      )}
    </div>
  );
}

type AnyReport =
  | { readonly kind: 'availability'; readonly data: AvailabilityReport }
  | { readonly kind: 'alerts'; readonly data: AlertReport }
  | { readonly kind: 'causes'; readonly data: CauseReport };

function Report(props: { readonly search: ReportSearch; readonly nowMs: number }) {
  const { t, language } = useI18n();
  const kind = props.search.report ?? 'availability';
  const path = reportPath(props.search, props.nowMs, 'json');
  const report = useQuery({
    queryKey: ['report', path],
    queryFn: async (): Promise<AnyReport> =>
      ({ kind, data: await request('GET', path ?? '') }) as AnyReport,
    enabled: path !== null,
    staleTime: 60_000,
    placeholderData: keepPreviousData,
  });
  if (path === null) return <p className={admin.wrong}>{t('expected.problem.order')}</p>;
  if (report.isError) {
    return <FaultNotice fault={report.error} onRetry={() => void report.refetch()} />;
  }
  const found = report.data;
  if (found === undefined || found.kind !== kind) return <LoadingRows rows={6} />;
  return (
    <section className={styles.report} aria-busy={report.isPlaceholderData} data-testid="report">
      <PaperHead search={props.search} nowMs={props.nowMs} />
      <p className={styles.of}>
        {t('reports.of', {
          from: formatDate(found.data.fromMs, language),
          to: formatDate(found.data.toMs - 1, language),
        })}
        {found.kind === 'availability' && found.data.toMs !== startOfDayMs(found.data.toMs) && (
          <span className={styles.until}>
            {t('reports.countedUntil', { time: formatTime(found.data.toMs) })}
          </span>
        )}
      </p>
      {found.kind === 'availability' && <AvailabilityView report={found.data} />}
      {found.kind === 'alerts' && <AlertReportView report={found.data} />}
      {found.kind === 'causes' && <CauseReportView report={found.data} />}
    </section>
  );
}

/** What the filter says, for paper: there its fields are not seen. */
function PaperHead(props: { readonly search: ReportSearch; readonly nowMs: number }) {
  const { t, pick, language } = useI18n();
  const { data: districts } = useQuery(districtsQuery);
  const { search, nowMs } = props;
  const kind = search.report ?? 'availability';
  const groups = groupsOf(kind);
  const group = groups.find((one) => one === search.group) ?? groups[0];
  const district = districts?.find((one) => one.code === search.district);
  return (
    <div className={styles.paperHead}>
      <h2>
        {[
          t(`reports.kind.${kind}`),
          ...(group === undefined ? [] : [t('reports.by', { group: t(`reports.group.${group}`) })]),
          district === undefined
            ? t('stations.district.all')
            : pick(district.name, district.nameUr),
          ...(search.phase === undefined || kind === 'causes' ? [] : [t(`phase.${search.phase}`)]),
        ].join(' · ')}
      </h2>
      <p>{t('reports.printed', { time: `${formatDate(nowMs, language)} ${formatTime(nowMs)}` })}</p>
    </div>
  );
}
