import type { PlanDraftReport } from '@nigehban/domain/api/plan-types.ts';
import { Code, useI18n } from '../i18n/i18n.tsx';
import { classNames } from '../ui/class-names.ts';
import styles from './district-table.module.css';
import panel from './plan-panel.module.css';
import table from './plan-table.module.css';

const allKinds = ['added', 'changed', 'moved', 'removed', 'resupplied', 'invalid'] as const;

/** The difference by district; a district's name filters the defects. */
export function DistrictTable(props: {
  readonly report: PlanDraftReport;
  readonly chosen: string | null;
  readonly onChoose: (district: string | null) => void;
}) {
  const { t, pick } = useI18n();
  // Most plans leave uplinks and feeders as they are.
  const resupplies = props.report.stations.resupplied > 0;
  const kinds = allKinds.filter((kind) => kind !== 'resupplied' || resupplies);
  return (
    <section className={panel.panel} aria-label={t('plan.districts')}>
      <h2>{t('plan.districts')}</h2>
      <div className={table.scroll}>
        <table className={classNames(table.table, styles.districts)} data-testid="plan-districts">
          <thead>
            <tr>
              <th scope="col">{t('plan.column.district_code')}</th>
              {kinds.map((kind) => (
                <th key={kind} scope="col" className={table.number}>
                  {t(`plan.count.${kind}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {props.report.districts.map((district) => (
              <tr key={district.code} data-district={district.code}>
                <th scope="row">
                  <button
                    type="button"
                    className={panel.link}
                    aria-pressed={props.chosen === district.code}
                    onClick={() =>
                      props.onChoose(props.chosen === district.code ? null : district.code)
                    }
                  >
                    {district.code === ''
                      ? t('plan.districts.unknown')
                      : pick(district.name, district.nameUr)}
                  </button>{' '}
                  <Code className={panel.muted}>{district.code}</Code>
                </th>
                {kinds.map((kind) => (
                  <td
                    key={kind}
                    className={table.number}
                    data-kind={kind}
                    data-empty={district[kind] === 0}
                  >
                    {district[kind]}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
