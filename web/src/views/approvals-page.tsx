import type { ReferenceView } from '@nigehban/domain/api/view-types.ts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { Check, ChevronLeft, ChevronRight, ScanEye, X } from 'lucide-react';
import { useState } from 'react';
import { useHotkeys } from '../app/hotkeys.ts';
import { useServerNow, useStation } from '../app/services.tsx';
import { useSession } from '../app/session.ts';
import { placementName } from '../camera/camera-names.ts';
import { Code, useI18n } from '../i18n/i18n.tsx';
import { StatusBadge } from '../status/status-mark.tsx';
import { classNames } from '../ui/class-names.ts';
import controls from '../ui/controls.module.css';
import { EmptyNotice, FaultNotice, LoadingRows } from '../ui/notice.tsx';
import { approvedBy, nextAfter, orderQueue } from './approval-queue.ts';
import { RejectDialog } from './reject-dialog.tsx';
import { viewApi, viewPictureUrl, waitingViewsQuery } from './view-api.ts';
import styles from './views.module.css';

const route = getRouteApi('/approvals');

/** Reference pictures that wait: looked at one by one, large, and decided by two people. */
export function ApprovalsPage() {
  const { t } = useI18n();
  const waiting = useQuery(waitingViewsQuery);
  const me = useSession()?.username ?? '';
  const search = route.useSearch();
  const navigate = route.useNavigate();
  if (waiting.data === undefined) {
    return waiting.isError ? (
      <div className={styles.page}>
        <FaultNotice fault={waiting.error} onRetry={() => void waiting.refetch()} />
      </div>
    ) : (
      <LoadingRows rows={6} />
    );
  }
  const queue = orderQueue(waiting.data, me);
  const shown = queue.find((view) => view.id === search.sel) ?? queue[0];
  const select = (id: number | null): void =>
    void navigate({ search: id === null ? {} : { sel: id }, replace: true });
  return (
    <div className={styles.page}>
      <header className={styles.head}>
        <h1>{t('views.title')}</h1>
        <span className={styles.muted} role="status" data-testid="approval-count">
          {t('views.count', { count: queue.length })}
        </span>
      </header>
      {shown === undefined ? (
        <EmptyNotice
          icon={<ScanEye aria-hidden="true" />}
          title={t('views.empty.title')}
          text={t('views.empty.text')}
        />
      ) : (
        <Approval key={shown.id} view={shown} queue={queue} me={me} onSelect={select} />
      )}
    </div>
  );
}

function Approval(props: {
  readonly view: ReferenceView;
  readonly queue: readonly ReferenceView[];
  readonly me: string;
  readonly onSelect: (id: number | null) => void;
}) {
  const { t, pick, moment } = useI18n();
  const { view, queue, me, onSelect } = props;
  const nowMs = useServerNow(10_000);
  const station = useStation(view.stationCode);
  const queryClient = useQueryClient();
  const [rejecting, setRejecting] = useState(false);
  const [seen, setSeen] = useState<'loading' | 'seen' | 'failed'>('loading');
  const at = queue.indexOf(view);
  const mine = approvedBy(view, me);
  const decide = useMutation({
    mutationFn: (reason: string | null) =>
      reason === null ? viewApi.approve(view) : viewApi.reject(view, reason),
    onSuccess: async () => {
      setRejecting(false);
      const next = nextAfter(queue, view.id);
      await queryClient.invalidateQueries({ queryKey: ['views'] });
      onSelect(next);
    },
  });
  const mayApprove = !mine && seen === 'seen' && !decide.isPending;
  const approve = (): void => {
    if (mayApprove) decide.mutate(null);
  };
  const step = (by: number): void => {
    const next = queue[at + by];
    if (next !== undefined) onSelect(next.id);
  };
  useHotkeys([
    { keys: ['a'], run: approve },
    { keys: ['r'], run: () => setRejecting(true) },
    { keys: ['j', 'ArrowDown'], run: () => step(1) },
    { keys: ['k', 'ArrowUp'], run: () => step(-1) },
  ]);
  const name = pick(view.stationName, view.stationNameUr);
  return (
    <>
      <article
        className={styles.approval}
        data-testid="approval"
        data-view-id={view.id}
        data-camera-id={view.cameraId}
      >
        <div className={styles.pictures} data-compared={view.approvedViewId !== null}>
          <figure>
            <img
              src={viewPictureUrl(view.cameraId, view.id)}
              alt={t('views.alt', { code: view.cameraCode })}
              onLoad={() => setSeen('seen')}
              onError={() => setSeen('failed')}
              data-testid="approval-picture"
            />
          </figure>
          {view.approvedViewId !== null && (
            <figure>
              <img
                src={viewPictureUrl(view.cameraId, view.approvedViewId)}
                alt={t('views.reference')}
              />
              <figcaption>{t('views.reference')}</figcaption>
            </figure>
          )}
        </div>
        <div className={styles.side}>
          <div className={styles.where}>
            <h2>{placementName(view, t)}</h2>
            <Link to="/stations/$code" params={{ code: view.stationCode }}>
              {name}
            </Link>
            <span className={styles.muted}>
              {station === null ? view.districtCode : pick(station.district, station.districtUr)}
            </span>
            <Code className={styles.code}>{view.cameraCode}</Code>
            <Link to="/cameras/$id" params={{ id: String(view.cameraId) }}>
              {t('views.openCamera')}
            </Link>
          </div>
          <p className={styles.muted}>
            {t('views.taken', { by: view.takenBy, time: moment(view.takenAtMs, nowMs) })}
          </p>
          <p className={styles.question}>{t('views.question')}</p>
          <div className={styles.state} data-testid="approval-state">
            {view.approvals.map((approval) => (
              <StatusBadge key={approval.by} tone="ok">
                {t('views.approvedBy', { by: approval.by, time: moment(approval.atMs, nowMs) })}
              </StatusBadge>
            ))}
            {mine ? (
              <strong className={styles.refused} data-testid="approval-same">
                {t('views.youApproved')}
              </strong>
            ) : (
              <span>
                {t(
                  view.approvalsNeeded === 1
                    ? 'views.oneEnough'
                    : view.approvals.length === 0
                      ? 'views.firstOf'
                      : 'views.secondOf',
                )}
              </span>
            )}
          </div>
          {seen === 'failed' && <p className={styles.refused}>{t('views.loadFailed')}</p>}
          {decide.isError && <FaultNotice fault={decide.error} />}
          <div className={styles.decide}>
            <button
              type="button"
              className={classNames(controls.button, controls.primary)}
              disabled={mine || seen !== 'seen'}
              onClick={approve}
              aria-keyshortcuts="a"
              data-testid="approval-approve"
            >
              <Check aria-hidden="true" />
              {t('views.approve')}
            </button>
            <button
              type="button"
              className={controls.button}
              onClick={() => setRejecting(true)}
              aria-keyshortcuts="r"
              data-testid="approval-reject"
            >
              <X aria-hidden="true" />
              {t('views.reject')}
            </button>
          </div>
          <nav className={styles.steps} aria-label={t('views.title')}>
            <button
              type="button"
              className={classNames(controls.button, controls.icon)}
              aria-label={t('views.previous')}
              disabled={at <= 0}
              onClick={() => step(-1)}
            >
              <ChevronLeft aria-hidden="true" data-directional="true" />
            </button>
            <span>{t('views.position', { at: at + 1, count: queue.length })}</span>
            <button
              type="button"
              className={classNames(controls.button, controls.icon)}
              aria-label={t('views.next')}
              disabled={at >= queue.length - 1}
              onClick={() => step(1)}
            >
              <ChevronRight aria-hidden="true" data-directional="true" />
            </button>
          </nav>
          <p className={styles.keys}>{t('views.keys')}</p>
        </div>
      </article>
      {rejecting && (
        <RejectDialog
          code={view.cameraCode}
          busy={decide.isPending}
          onReject={(reason) => decide.mutate(reason)}
          onClose={() => setRejecting(false)}
        />
      )}
    </>
  );
}
