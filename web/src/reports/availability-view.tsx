import type { AvailabilityFigures, AvailabilityReport } from '@nigehban/domain/api/report-types.ts';
import type { ReactNode } from 'react';
import admin from '../admin/admin.module.css';
import { useI18n } from '../i18n/i18n.tsx';
import { formatDate } from '../i18n/station-time.ts';
import { EmptyNotice } from '../ui/notice.tsx';
import { dayRanges, formatPercent } from './report-format.ts';
import { ReportTable } from './report-table.tsx';
import styles from './reports.module.css';
import { ShareBar } from './share-bar.tsx';
import { SubjectName } from './subject-name.tsx';

const partsOf = (row: AvailabilityFigures) =>
  [
    { kind: 'up', value: row.upMs },
    { kind: 'down', value: row.downMs },
    { kind: 'expected', value: row.expectedMs },
    { kind: 'ours', value: row.oursMs },
    { kind: 'unknown', value: row.unknownMs },
  ] as const;

/** The worst first; what was announced, ours or unknown counts for nobody and is stated. */
export function AvailabilityView(props: { readonly report: AvailabilityReport }) {
  const { t, language } = useI18n();
  const { report } = props;
  const date = (ms: number) => formatDate(ms, language);
  if (report.rows.length === 0) return <EmptyNotice title={t('reports.empty')} />;
  return (
    <>
      {report.missingDays.length > 0 && (
        <p className={styles.missing}>
          {t('reports.missingDays', {
            days: dayRanges(report.missingDays)
              .map(({ firstMs, lastMs }) =>
                firstMs === lastMs
                  ? date(firstMs)
                  : t('reports.of', { from: date(firstMs), to: date(lastMs) }),
              )
              .join(t('alerts.listSeparator')),
          })}
        </p>
      )}
      <ul className={styles.legend}>
        {partsOf(report.total).map(({ kind }) => (
          <li key={kind}>
            <span className={styles.swatch} data-part={kind} aria-hidden="true" />
            {t(`reports.part.${kind}`)}
          </li>
        ))}
      </ul>
      <ReportTable
        label={t('reports.kind.availability')}
        groupBy={report.groupBy}
        heads={[
          t('reports.availability'),
          t('reports.shares'),
          t('reports.down'),
          t('reports.outages'),
          t('reports.recorded'),
          t('reports.cameras'),
        ]}
        total={<Row row={report.total} name={t('reports.total')} />}
      >
        {report.rows.map((row) => (
          <Row key={row.key} row={row} name={<SubjectName subject={row} />} />
        ))}
      </ReportTable>
      {report.rowsInAll > report.rows.length && (
        <p className={admin.muted}>
          {t('reports.more', { shown: report.rows.length, all: report.rowsInAll })}
        </p>
      )}
    </>
  );
}

/** Neither up nor down: stated in words where there is any, for paper and for who cannot tell colours. */
const stated = ['expected', 'ours', 'unknown'] as const;

function Row(props: { readonly row: AvailabilityFigures; readonly name: ReactNode }) {
  const { t, age } = useI18n();
  const { row } = props;
  const others = partsOf(row).filter(
    ({ kind, value }) => stated.some((one) => one === kind) && value >= 1_000,
  );
  return (
    <tr>
      <th scope="row">{props.name}</th>
      <td className={styles.figure}>{formatPercent(row.availabilityPercent)}</td>
      <td className={styles.shares}>
        <ShareBar parts={partsOf(row)} />
        {others.length > 0 && (
          <div className={admin.muted}>
            {others
              .map(({ kind, value }) => `${t(`reports.part.${kind}`)} ${age(value)}`)
              .join(' · ')}
          </div>
        )}
      </td>
      <td>{age(row.downMs)}</td>
      <td>{row.outages}</td>
      <td>{formatPercent(row.recordedPercent)}</td>
      <td>{row.cameras}</td>
    </tr>
  );
}
