import type { PlanDraftView } from '@nigehban/domain/api/plan-types.ts';
import {
  missingColumns,
  type PlanColumn,
  type PlanMapping,
  planColumnKeys,
  requiredPlanColumns,
} from '@nigehban/domain/plan-columns.ts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useI18n } from '../i18n/i18n.tsx';
import { classNames } from '../ui/class-names.ts';
import controls from '../ui/controls.module.css';
import { FaultNotice } from '../ui/notice.tsx';
import styles from './mapping-form.module.css';
import { planApi } from './plan-api.ts';
import panel from './plan-panel.module.css';
import table from './plan-table.module.css';

/** Which column of the file is which, with the first rows beside it. Remembered for the next file. */
export function MappingForm(props: {
  readonly draft: PlanDraftView;
  readonly onCancel?: () => void;
}) {
  const { t } = useI18n();
  const { draft } = props;
  const queryClient = useQueryClient();
  const [mapping, setMapping] = useState<PlanMapping>(draft.mapping);
  const columnAt = new Map(
    (Object.entries(mapping) as [PlanColumn, number][]).map(([column, index]) => [index, column]),
  );
  const missing = missingColumns(mapping);
  const save = useMutation({
    mutationFn: () => planApi.map(draft.id, mapping),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ['plan', 'draft', draft.id] }),
  });
  const assign = (index: number, column: string): void =>
    setMapping((former) => {
      const rest = Object.entries(former).filter(([name, at]) => at !== index && name !== column);
      return Object.fromEntries(column === '' ? rest : [...rest, [column, index]]);
    });
  return (
    <div className={styles.mapping}>
      <h2>{t('plan.mapping.title')}</h2>
      <p className={panel.muted}>{t('plan.mapping.text')}</p>
      {missing.length > 0 && (
        <p className={panel.missing} role="status" data-testid="plan-missing">
          {t('plan.mapping.missing', {
            columns: missing.map((column) => t(`plan.column.${column}`)).join(t('plan.comma')),
          })}
        </p>
      )}
      <div className={table.scroll}>
        <table className={classNames(table.table, styles.table)}>
          <thead>
            <tr>
              <th scope="col">{t('plan.mapping.heading')}</th>
              <th scope="col">{t('plan.mapping.column')}</th>
              <th scope="col">{t('plan.mapping.sample')}</th>
            </tr>
          </thead>
          <tbody>
            {draft.header.map((heading, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: headings may be equal, places are not
              <tr key={index}>
                <th scope="row">
                  <bdi>
                    {heading === '' ? t('plan.mapping.unnamed', { n: index + 1 }) : heading}
                  </bdi>
                </th>
                <td>
                  <select
                    className={controls.field}
                    aria-label={t('plan.mapping.columnOf', { heading: heading || `${index + 1}` })}
                    value={columnAt.get(index) ?? ''}
                    onChange={(event) => assign(index, event.target.value)}
                  >
                    <option value="">{t('plan.mapping.ignored')}</option>
                    {planColumnKeys.map((column) => (
                      <option key={column} value={column}>
                        {t(`plan.column.${column}`)}
                        {requiredPlanColumns.includes(column) ? ' *' : ''}
                      </option>
                    ))}
                  </select>
                </td>
                <td className={styles.sample}>
                  <bdi>
                    {draft.sample
                      .map((row) => row[index] ?? '')
                      .filter((text) => text !== '')
                      .slice(0, 3)
                      .join(' · ')}
                  </bdi>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {save.isError && <FaultNotice fault={save.error} />}
      <div className={panel.actions}>
        <button
          type="button"
          className={classNames(controls.button, controls.primary)}
          disabled={missing.length > 0 || save.isPending}
          data-testid="plan-map"
          onClick={() => save.mutate()}
        >
          {t('plan.mapping.save')}
        </button>
        {props.onCancel !== undefined && (
          <button type="button" className={controls.button} onClick={props.onCancel}>
            {t('plan.cancel')}
          </button>
        )}
      </div>
    </div>
  );
}
