import type { PlanDraftReport } from '@nigehban/domain/api/plan-types.ts';
import { Code, useI18n } from '../i18n/i18n.tsx';
import styles from './import-page.module.css';

const kinds = ['added', 'changed', 'moved', 'removed', 'resupplied', 'invalid'] as const;

/** The difference by district; a district's name filters the defects. */
export function DistrictTable(props: {
  readonly report: PlanDraftReport;
  readonly chosen: string | null;
  readonly onChoose: (district: string | null) => void;
}) {
  const { t, pick } = useI18n();
  return (
    <section className={styles.panel} aria-label={t('plan.districts')}>
      <h2>{t('plan.districts')}</h2>
      <div className={styles.scroll}>
        <table className={styles.table} data-testid="plan-districts">
          <thead>
            <tr>
              <th scope="col">{t('plan.column.district_code')}</th>
              {kinds.map((kind) => (
                <th key={kind} scope="col" className={styles.number}>
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
                    className={styles.link}
                    aria-pressed={props.chosen === district.code}
                    onClick={() =>
                      props.onChoose(props.chosen === district.code ? null : district.code)
                    }
                  >
                    {district.code === ''
                      ? t('plan.districts.unknown')
                      : pick(district.name, district.nameUr)}
                  </button>{' '}
                  <Code className={styles.muted}>{district.code}</Code>
                </th>
                {kinds.map((kind) => (
                  <td
                    key={kind}
                    className={styles.number}
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
