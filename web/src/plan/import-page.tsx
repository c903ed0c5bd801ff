import type { PlanDraftView } from '@nigehban/domain/api/plan-types.ts';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { FileSpreadsheet } from 'lucide-react';
import { useState } from 'react';
import { useCan } from '../app/session.ts';
import { Code, useI18n } from '../i18n/i18n.tsx';
import { classNames } from '../ui/class-names.ts';
import controls from '../ui/controls.module.css';
import { EmptyNotice, FaultNotice, LoadingRows } from '../ui/notice.tsx';
import { CheckView } from './check-view.tsx';
import { DropZone } from './drop-zone.tsx';
import { ImportHistory } from './import-history.tsx';
import styles from './import-page.module.css';
import { MappingForm } from './mapping-form.tsx';
import { planApi } from './plan-api.ts';
import panel from './plan-panel.module.css';
import { PlanProgressBar } from './plan-progress-bar.tsx';
import { currentStep, isBusy, openDraft, planSteps } from './plan-steps.ts';
import { ResultView } from './result-view.tsx';

const askWhileBusyMs = 400;

/** Import of a deployment plan: file, columns, check, result. A draft waits for who comes back. */
export function ImportPage() {
  const { t } = useI18n();
  const may = useCan('plan.import');
  const [chosenId, setChosenId] = useState<string | null>(null);
  const drafts = useQuery({ queryKey: ['plan', 'drafts'], queryFn: planApi.drafts, enabled: may });
  const draftId = chosenId ?? openDraft(drafts.data ?? [])?.id ?? null;
  const draft = useQuery({
    queryKey: ['plan', 'draft', draftId],
    queryFn: () => planApi.draft(draftId ?? ''),
    enabled: may && draftId !== null,
    refetchInterval: (query) => (isBusy(query.state.data ?? null) ? askWhileBusyMs : false),
  });
  if (!may) return <EmptyNotice title={t('plan.notAllowed')} />;
  if (drafts.isPending) return <LoadingRows rows={6} />;
  if (drafts.isError) {
    return <FaultNotice fault={drafts.error} onRetry={() => void drafts.refetch()} />;
  }
  const shown = draftId === null ? null : (draft.data ?? null);
  return (
    <div className={styles.page} data-testid="import-page">
      <header className={styles.head}>
        <h1>{t('plan.title')}</h1>
        <Steps draft={shown} />
        <span className={styles.spacer} />
        <Templates />
      </header>
      {draft.isError && draftId !== null && (
        <FaultNotice fault={draft.error} onRetry={() => void draft.refetch()} />
      )}
      {draftId === null ? (
        <DropZone onLoaded={(loaded) => setChosenId(loaded.id)} />
      ) : (
        shown !== null && <DraftView draft={shown} onClosed={() => setChosenId(null)} />
      )}
      <ImportHistory latestId={shown?.importId ?? null} />
    </div>
  );
}

function Steps(props: { readonly draft: PlanDraftView | null }) {
  const { t } = useI18n();
  const current = currentStep(props.draft);
  return (
    <ol className={styles.steps} aria-label={t('plan.steps')}>
      {planSteps.map((step, index) => (
        <li
          key={step}
          aria-current={step === current ? 'step' : undefined}
          data-done={planSteps.indexOf(current) > index}
        >
          <span className={styles.stepNumber} aria-hidden="true">
            {index + 1}
          </span>
          {t(`plan.step.${step}`)}
        </li>
      ))}
    </ol>
  );
}

function Templates() {
  const { t } = useI18n();
  return (
    <span className={styles.templates}>
      <span>{t('plan.current')}</span>
      <a href="/api/plan/current.csv" download>
        <Code>CSV</Code>
      </a>
      <span>{t('plan.template')}</span>
      <a href="/api/plan/template.xlsx" download>
        <Code>XLSX</Code>
      </a>
      <a href="/api/plan/template.csv" download>
        <Code>CSV</Code>
      </a>
    </span>
  );
}

function DraftView(props: { readonly draft: PlanDraftView; readonly onClosed: () => void }) {
  const { t } = useI18n();
  const { draft } = props;
  const queryClient = useQueryClient();
  const close = async (discard: boolean): Promise<void> => {
    if (discard) await planApi.discard(draft.id).catch(() => null);
    await queryClient.invalidateQueries({ queryKey: ['plan', 'drafts'] });
    props.onClosed();
  };
  return (
    <section className={styles.draft} aria-label={t('plan.draft')} data-state={draft.state}>
      <div className={styles.file}>
        <FileSpreadsheet aria-hidden="true" />
        <bdi className={styles.fileName}>{draft.fileName}</bdi>
        <span className={panel.muted}>
          {t('plan.fileFacts', { rows: draft.rows, size: Math.ceil(draft.sizeBytes / 1024) })}
        </span>
        <span className={panel.muted}>{t('plan.loadedBy', { name: draft.createdBy })}</span>
        <span className={styles.spacer} />
        <button
          type="button"
          className={controls.button}
          disabled={isBusy(draft)}
          data-testid="plan-discard"
          onClick={() => void close(draft.state !== 'applied')}
        >
          {t(draft.state === 'applied' ? 'plan.another' : 'plan.discard')}
        </button>
      </div>
      {draft.fault !== null && (
        <DraftFault
          draft={draft}
          onChecked={() => void queryClient.invalidateQueries({ queryKey: ['plan'] })}
        />
      )}
      {isBusy(draft) && <PlanProgressBar draft={draft} />}
      {draft.state === 'mapping' && <MappingForm draft={draft} />}
      {draft.state === 'ready' && <CheckView draft={draft} />}
      {draft.state === 'applied' && <ResultView draft={draft} />}
    </section>
  );
}

function DraftFault(props: { readonly draft: PlanDraftView; readonly onChecked: () => void }) {
  const { t, language } = useI18n();
  const { fault, id, state } = props.draft;
  if (fault === null) return null;
  const mayCheck = state === 'ready' || fault.code === 'PLAN_DRAFT_INTERRUPTED';
  return (
    <div className={classNames(styles.fault)} role="alert" data-testid="plan-fault">
      <strong>{t(`fault.${fault.code}`)}</strong> <span>{t(`fault.${fault.code}.next`)}</span>
      <div className={panel.muted}>
        <Code>{fault.code}</Code>
        {/* The server's own words are English. */}
        {language === 'en' && ` · ${fault.message}`}
      </div>
      {mayCheck && (
        <button
          type="button"
          className={controls.button}
          onClick={() => void planApi.check(id).then(props.onChecked, props.onChecked)}
        >
          {t('plan.checkAgain')}
        </button>
      )}
    </div>
  );
}
