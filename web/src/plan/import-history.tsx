import type { PlanImportView } from '@nigehban/domain/api/plan-types.ts';
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Undo2 } from 'lucide-react';
import { useState } from 'react';
import { useServerNow } from '../app/services.tsx';
import { useI18n } from '../i18n/i18n.tsx';
import { classNames } from '../ui/class-names.ts';
import controls from '../ui/controls.module.css';
import { Dialog } from '../ui/dialog.tsx';
import { FaultNotice } from '../ui/notice.tsx';
import styles from './import-history.module.css';
import { planApi } from './plan-api.ts';
import panel from './plan-panel.module.css';

const shownImports = 10;

/** Former imports; the latest one can be undone until the next. */
export function ImportHistory(props: { readonly latestId: number | null }) {
  const { t, moment } = useI18n();
  const nowMs = useServerNow(60_000);
  const [asked, setAsked] = useState<PlanImportView | null>(null);
  const imports = useQuery({
    // Asked again when an import is done on this page.
    queryKey: ['plan', 'imports', props.latestId],
    queryFn: planApi.imports,
    placeholderData: keepPreviousData,
  });
  if (imports.isError) {
    return <FaultNotice fault={imports.error} onRetry={() => void imports.refetch()} />;
  }
  if (imports.data === undefined || imports.data.length === 0) return null;
  return (
    <section className={panel.panel} aria-label={t('plan.imports')}>
      <h2>{t('plan.imports')}</h2>
      <ul className={styles.imports} data-testid="plan-imports">
        {imports.data.slice(0, shownImports).map((one) => (
          <li key={one.id} data-import={one.id} data-undone={one.undoneAtMs !== null}>
            <strong>
              <bdi>{one.fileName ?? t('plan.imports.direct')}</bdi>
            </strong>
            <span className={panel.muted}>
              {moment(one.atMs, nowMs)} · <bdi>{one.by ?? t('plan.imports.system')}</bdi>
            </span>
            <span>
              {t('plan.imports.counts', {
                added: one.counts.added,
                changed: one.counts.changed + one.counts.moved,
                removed: one.counts.removed,
              })}
              {one.stations > 0 && <> · {t('plan.imports.stations', { count: one.stations })}</>}
            </span>
            <span className={styles.spacer} />
            {one.undoneAtMs !== null && (
              <span className={panel.muted}>
                {t('plan.imports.undone', { by: one.undoneBy ?? '' })}
              </span>
            )}
            {one.canUndo && (
              <button
                type="button"
                className={controls.button}
                data-testid="plan-undo"
                onClick={() => setAsked(one)}
              >
                <Undo2 aria-hidden="true" data-directional />
                {t('plan.undo')}
              </button>
            )}
          </li>
        ))}
      </ul>
      {asked !== null && <UndoDialog asked={asked} onClose={() => setAsked(null)} />}
    </section>
  );
}

function UndoDialog(props: { readonly asked: PlanImportView; readonly onClose: () => void }) {
  const { t } = useI18n();
  const queryClient = useQueryClient();
  const undo = useMutation({
    mutationFn: () => planApi.undo(props.asked.id),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: ['plan', 'imports'] });
      props.onClose();
    },
  });
  return (
    <Dialog title={t('plan.undo')} onClose={props.onClose}>
      <div className={styles.dialog}>
        <p>{t('plan.undo.text')}</p>
        {undo.isError && <FaultNotice fault={undo.error} />}
        <div className={panel.actions}>
          <button
            type="button"
            className={classNames(controls.button, controls.primary)}
            data-first-focus
            data-testid="plan-undo-confirm"
            disabled={undo.isPending}
            onClick={() => undo.mutate()}
          >
            {t(undo.isPending ? 'plan.undo.running' : 'plan.undo.confirm')}
          </button>
          <button type="button" className={controls.button} onClick={props.onClose}>
            {t('plan.cancel')}
          </button>
        </div>
      </div>
    </Dialog>
  );
}
