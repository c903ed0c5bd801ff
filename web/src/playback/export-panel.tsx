import type { ExportView } from '@nigehban/domain/api/http-types.ts';
import type { CameraId } from '@nigehban/domain/camera.ts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Download, FlagTriangleLeft, FlagTriangleRight, X } from 'lucide-react';
import { type FormEvent, useId, useState } from 'react';
import { api, exportFileUrl } from '../api/api-client.ts';
import { useHotkeys } from '../app/hotkeys.ts';
import { Code, useI18n } from '../i18n/i18n.tsx';
import { formatDate, formatTime } from '../i18n/station-time.ts';
import { classNames } from '../ui/class-names.ts';
import controls from '../ui/controls.module.css';
import { FaultNotice } from '../ui/notice.tsx';
import styles from './export-panel.module.css';

const askWhileOpenMs = 1_500;
const shortestReason = 3;

interface Marks {
  readonly fromMs: number | null;
  readonly toMs: number | null;
}

/** Marks a range of the recording, has it exported, and offers what was made of this camera. */
export function ExportPanel(props: { readonly cameraId: CameraId; readonly atMs: number }) {
  const { t } = useI18n();
  const { cameraId, atMs } = props;
  const [isOpen, setOpen] = useState(false);
  const [marks, setMarks] = useState<Marks>({ fromMs: null, toMs: null });
  const mark = (which: keyof Marks): void => {
    setMarks((former) => ({ ...former, [which]: Math.round(atMs) }));
    setOpen(true);
  };
  useHotkeys([
    { keys: ['i'], run: () => mark('fromMs') },
    { keys: ['o'], run: () => mark('toMs') },
  ]);
  return (
    <details
      className={styles.panel}
      open={isOpen}
      onToggle={(event) => setOpen(event.currentTarget.open)}
      data-testid="export-panel"
    >
      <summary>{t('export.title')}</summary>
      {isOpen && (
        <>
          <ExportForm cameraId={cameraId} marks={marks} onMark={mark} />
          <ExportList cameraId={cameraId} />
        </>
      )}
    </details>
  );
}

function ExportForm(props: {
  readonly cameraId: CameraId;
  readonly marks: Marks;
  readonly onMark: (which: keyof Marks) => void;
}) {
  const { t } = useI18n();
  const queries = useQueryClient();
  const reasonId = useId();
  const [reason, setReason] = useState('');
  const { fromMs, toMs } = props.marks;
  const request = useMutation({
    mutationFn: api.requestExport,
    onSettled: () => queries.invalidateQueries({ queryKey: ['exports'] }),
  });
  const isBackwards = fromMs !== null && toMs !== null && toMs <= fromMs;
  const isReady =
    fromMs !== null && toMs !== null && !isBackwards && reason.trim().length >= shortestReason;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (!isReady) return;
    request.mutate({ cameras: [props.cameraId], fromMs, toMs, reason: reason.trim() });
  };
  return (
    <form className={styles.form} onSubmit={submit}>
      <button
        type="button"
        className={controls.button}
        onClick={() => props.onMark('fromMs')}
        aria-keyshortcuts="I"
        data-testid="export-from"
      >
        <FlagTriangleRight aria-hidden="true" />
        {t('export.from')} {fromMs !== null && <Code>{formatTime(fromMs)}</Code>}
      </button>
      <button
        type="button"
        className={controls.button}
        onClick={() => props.onMark('toMs')}
        aria-keyshortcuts="O"
        data-testid="export-to"
      >
        <FlagTriangleLeft aria-hidden="true" />
        {t('export.to')} {toMs !== null && <Code>{formatTime(toMs)}</Code>}
      </button>
      <label htmlFor={reasonId} className={controls.visuallyHidden}>
        {t('export.reason')}
      </label>
      <input
        id={reasonId}
        className={classNames(controls.field, styles.reason)}
        placeholder={t('export.reason')}
        maxLength={500}
        value={reason}
        onChange={(event) => setReason(event.target.value)}
      />
      <button
        type="submit"
        className={classNames(controls.button, controls.primary)}
        disabled={!isReady || request.isPending}
        data-testid="export-request"
      >
        {t('export.request')}
      </button>
      {isBackwards && (
        <p className={styles.wrong} role="alert">
          {t('export.backwards')}
        </p>
      )}
      {request.isError && <FaultNotice fault={request.error} />}
    </form>
  );
}

function ExportList(props: { readonly cameraId: CameraId }) {
  const { t } = useI18n();
  const exports = useQuery({
    queryKey: ['exports'],
    queryFn: () => api.exports(),
    refetchInterval: (query) =>
      query.state.data?.some((one) => one.finishedAtMs === null) ? askWhileOpenMs : false,
  });
  if (exports.isError) {
    return <FaultNotice fault={exports.error} onRetry={() => void exports.refetch()} />;
  }
  const own = (exports.data ?? []).filter((one) =>
    one.cameras.some((camera) => camera.cameraId === props.cameraId),
  );
  if (own.length === 0) return <p className={styles.muted}>{t('export.none')}</p>;
  return (
    <ul className={styles.list}>
      {own.map((one) => (
        <ExportRow key={one.id} shown={one} cameraId={props.cameraId} />
      ))}
    </ul>
  );
}

function ExportRow(props: { readonly shown: ExportView; readonly cameraId: CameraId }) {
  const { t, language } = useI18n();
  const queries = useQueryClient();
  const { shown, cameraId } = props;
  const cancel = useMutation({
    mutationFn: () => api.cancelExport(shown.id),
    onSettled: () => queries.invalidateQueries({ queryKey: ['exports'] }),
  });
  const camera = shown.cameras.find((one) => one.cameraId === cameraId);
  const percent = Math.floor(shown.progress * 100);
  return (
    <li data-testid={`export-${shown.state}`}>
      <span>
        {formatDate(shown.fromMs, language)}{' '}
        <Code>
          {formatTime(shown.fromMs)}–{formatTime(shown.toMs)}
        </Code>
      </span>
      <span className={styles.muted}>
        <bdi>{shown.reason}</bdi>
      </span>
      <span className={styles.outcome}>
        {shown.finishedAtMs === null ? (
          <>
            <progress max={1} value={shown.progress} aria-label={t('export.progress')} />
            <Code>{percent}%</Code>
            <button
              type="button"
              className={classNames(controls.button, controls.quiet)}
              onClick={() => cancel.mutate()}
              disabled={cancel.isPending}
            >
              <X aria-hidden="true" />
              {t('export.cancel')}
            </button>
          </>
        ) : (
          <>
            <span>{t(`export.state.${shown.state}`)}</span>
            {camera !== undefined && camera.gaps.length > 0 && (
              <span className={styles.muted}>
                {t('export.gaps', { count: camera.gaps.length })}
              </span>
            )}
            {camera?.files.map((file) => (
              <a
                key={file.part}
                className={controls.button}
                href={exportFileUrl(shown.id, cameraId, file.part)}
                title={`SHA-256 ${file.sha256}`}
                download
                data-testid="export-download"
              >
                <Download aria-hidden="true" />
                {t('export.download', {
                  part: file.part,
                  size: (file.sizeBytes / 1e6).toFixed(1),
                })}
              </a>
            ))}
          </>
        )}
      </span>
      {camera?.fault != null && <span className={styles.wrong}>{t(`fault.${camera.fault}`)}</span>}
      {cancel.isError && <FaultNotice fault={cancel.error} />}
    </li>
  );
}
