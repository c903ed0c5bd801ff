import type { PlanDraftView } from '@nigehban/domain/api/plan-types.ts';
import { useMutation } from '@tanstack/react-query';
import { Upload } from 'lucide-react';
import { type DragEvent, useId, useRef, useState } from 'react';
import { useI18n } from '../i18n/i18n.tsx';
import { classNames } from '../ui/class-names.ts';
import controls from '../ui/controls.module.css';
import { FaultNotice } from '../ui/notice.tsx';
import styles from './drop-zone.module.css';
import { planApi } from './plan-api.ts';
import bar from './plan-progress-bar.module.css';

const accepted = '.csv,.txt,.tsv,.xlsx';

/** Takes the file by drop or by choice; a broken upload is sent again from here. */
export function DropZone(props: { readonly onLoaded: (draft: PlanDraftView) => void }) {
  const { t } = useI18n();
  const input = useRef<HTMLInputElement>(null);
  const inputId = useId();
  const [isOver, setOver] = useState(false);
  const [sent, setSent] = useState(0);
  const upload = useMutation({
    mutationFn: (file: File) => planApi.upload(file, setSent),
    onSuccess: props.onLoaded,
  });
  const take = (files: FileList | null | undefined): void => {
    const file = files?.item(0);
    if (file === null || file === undefined) return;
    setSent(0);
    upload.mutate(file);
  };
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    setOver(false);
    take(event.dataTransfer.files);
  };
  return (
    <section
      className={classNames(styles.drop, isOver && styles.dropOver)}
      aria-label={t('plan.step.file')}
      data-testid="plan-drop"
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <Upload aria-hidden="true" />
      <h2>{t('plan.drop.title')}</h2>
      <p>{t('plan.drop.text')}</p>
      <label className={controls.visuallyHidden} htmlFor={inputId}>
        {t('plan.drop.choose')}
      </label>
      <input
        ref={input}
        id={inputId}
        className={controls.visuallyHidden}
        type="file"
        accept={accepted}
        tabIndex={-1}
        data-testid="plan-file"
        onChange={(event) => {
          take(event.target.files);
          event.target.value = '';
        }}
      />
      <button
        type="button"
        className={classNames(controls.button, controls.primary)}
        disabled={upload.isPending}
        onClick={() => input.current?.click()}
      >
        {t('plan.drop.choose')}
      </button>
      {upload.isPending && (
        <div className={bar.progress} role="status">
          <span>{t('plan.progress.sending', { percent: Math.round(sent * 100) })}</span>
          <progress aria-label={t('plan.progress')} value={sent} max={1} />
        </div>
      )}
      {upload.isError && (
        <FaultNotice
          fault={upload.error}
          onRetry={() => upload.variables !== undefined && upload.mutate(upload.variables)}
        />
      )}
    </section>
  );
}
