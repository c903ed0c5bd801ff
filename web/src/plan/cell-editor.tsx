import {
  type PlanDraftView,
  type PlanEditScope,
  type PlanIssueView,
  planEditScopes,
} from '@nigehban/domain/api/plan-types.ts';
import { secretPlanColumns } from '@nigehban/domain/plan-columns.ts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Check, X } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { useI18n } from '../i18n/i18n.tsx';
import { classNames } from '../ui/class-names.ts';
import controls from '../ui/controls.module.css';
import { FaultNotice } from '../ui/notice.tsx';
import styles from './cell-editor.module.css';
import { planApi } from './plan-api.ts';

/** Columns of which an issue's value shows more than the cell holds. */
const pairs: readonly string[] = ['GPS_FAR', 'GPS_OUTSIDE_PUNJAB', 'SHARED_BUILDING'];

/** Corrects a cell, and the same cell of other rows; the draft is then checked again. */
export function CellEditor(props: {
  readonly draft: PlanDraftView;
  readonly issue: PlanIssueView;
  readonly onClosed: () => void;
}) {
  const { t } = useI18n();
  const { draft, issue } = props;
  const queryClient = useQueryClient();
  const isPair = pairs.includes(issue.code);
  const [value, setValue] = useState(issue.value);
  const [scope, setScope] = useState<PlanEditScope>(isPair ? 'station' : 'row');
  const save = useMutation({
    mutationFn: () => {
      const { row } = issue;
      if (!isPair) return planApi.edit(draft.id, [{ row, column: issue.column, value, scope }]);
      const [lat = '', lon = ''] = value.split(',').map((part) => part.trim());
      return planApi.edit(draft.id, [
        { row, column: 'lat', value: lat, scope },
        { row, column: 'lon', value: lon, scope },
      ]);
    },
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ['plan', 'draft', draft.id] }),
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <form className={styles.editor} onSubmit={submit}>
      <input
        // biome-ignore lint/a11y/noAutofocus: it opens by a press on this very cell
        autoFocus
        className={controls.field}
        type={secretPlanColumns.includes(issue.column) ? 'password' : 'text'}
        aria-label={t('plan.edit.cell', {
          row: issue.row,
          column: t(`plan.column.${issue.column}`),
          value: issue.value,
        })}
        dir="auto"
        maxLength={256}
        value={value}
        onChange={(event) => setValue(event.target.value)}
        onKeyDown={(event) => event.key === 'Escape' && props.onClosed()}
      />
      <select
        className={controls.field}
        aria-label={t('plan.edit.scope')}
        value={scope}
        onChange={(event) => {
          const next = planEditScopes.find((one) => one === event.target.value);
          if (next !== undefined) setScope(next);
        }}
      >
        {planEditScopes.map((one) => (
          <option key={one} value={one}>
            {t(`plan.edit.scope.${one}`)}
          </option>
        ))}
      </select>
      <button
        type="submit"
        className={classNames(controls.button, controls.primary, controls.icon)}
        aria-label={t('plan.edit.save')}
        disabled={save.isPending}
      >
        <Check aria-hidden="true" />
      </button>
      <button
        type="button"
        className={classNames(controls.button, controls.icon)}
        aria-label={t('plan.cancel')}
        onClick={props.onClosed}
      >
        <X aria-hidden="true" />
      </button>
      {save.isError && <FaultNotice fault={save.error} />}
    </form>
  );
}
