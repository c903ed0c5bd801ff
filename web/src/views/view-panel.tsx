import type { CameraView } from '@nigehban/domain/api/http-types.ts';
import type { ReferenceView } from '@nigehban/domain/api/view-types.ts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { ScanEye } from 'lucide-react';
import { useState } from 'react';
import { snapshotUrl } from '../api/api-client.ts';
import { useCan } from '../app/session.ts';
import camera from '../camera/camera-panel.module.css';
import { useI18n } from '../i18n/i18n.tsx';
import { StatusBadge } from '../status/status-mark.tsx';
import type { StatusTone } from '../status/status-tone.ts';
import controls from '../ui/controls.module.css';
import { FaultNotice } from '../ui/notice.tsx';
import { viewApi, viewPictureUrl } from './view-api.ts';
import styles from './views.module.css';

const tones: Readonly<Record<ReferenceView['state'], StatusTone>> = {
  proposed: 'pending',
  approved: 'ok',
  rejected: 'bad',
};

/** The camera's reference picture and how far its approval is; for approvers beside the present one. */
export function ViewPanel(props: { readonly camera: CameraView; readonly nowMs: number }) {
  const { t, moment } = useI18n();
  const { id } = props.camera;
  const mayPropose = useCan('view.propose');
  const mayApprove = useCan('view.approve');
  const queryClient = useQueryClient();
  const queryKey = ['camera', id, 'views'];
  const views = useQuery({ queryKey, queryFn: () => viewApi.list(id) });
  const propose = useMutation({
    mutationFn: () => viewApi.propose(id),
    onSettled: () =>
      Promise.all([
        queryClient.invalidateQueries({ queryKey }),
        queryClient.invalidateQueries({ queryKey: ['camera', id] }),
        queryClient.invalidateQueries({ queryKey: ['views'] }),
      ]),
  });
  const open = views.data?.filter((view) => !view.superseded) ?? [];
  const newest = open[0];
  const approved = open.find((view) => view.state === 'approved');
  return (
    <section className={camera.panel} data-testid="view-panel">
      <h2>{t('views.panel')}</h2>
      {newest === undefined ? (
        <p className={camera.muted}>{t('views.none')}</p>
      ) : (
        <div className={styles.state}>
          <StatusBadge tone={tones[newest.state]}>{t(`views.state.${newest.state}`)}</StatusBadge>
          <span className={camera.muted}>
            {t('views.taken', { by: newest.takenBy, time: moment(newest.takenAtMs, props.nowMs) })}
          </span>
          {newest.approvals.map((approval) => (
            <span key={approval.by}>
              {t('views.approvedBy', {
                by: approval.by,
                time: moment(approval.atMs, props.nowMs),
              })}
            </span>
          ))}
          {newest.state === 'proposed' && (
            <span>
              {t('views.progress', {
                done: newest.approvals.length,
                needed: newest.approvalsNeeded,
              })}
            </span>
          )}
          {newest.rejection !== null && (
            <span className={camera.warning}>
              {t('views.rejectedBy', { by: newest.rejection.by, reason: newest.rejection.reason })}
            </span>
          )}
        </div>
      )}
      {mayApprove && approved !== undefined && (
        <ComparedPictures cameraId={id} viewId={approved.id} />
      )}
      {propose.isError && <FaultNotice fault={propose.error} />}
      <div className={camera.tools}>
        {mayPropose && (
          <button
            type="button"
            className={controls.button}
            aria-disabled={propose.isPending}
            onClick={() => {
              if (!propose.isPending) propose.mutate();
            }}
            data-testid="view-propose"
          >
            <ScanEye aria-hidden="true" />
            {t(propose.isPending ? 'camera.tools.busy' : 'views.propose')}
          </button>
        )}
        {mayApprove && newest?.state === 'proposed' && (
          <Link to="/approvals" search={{ sel: newest.id }} className={controls.button}>
            {t('views.decide')}
          </Link>
        )}
      </div>
    </section>
  );
}

/** The approved picture beside the camera's picture of this moment. */
export function ComparedPictures(props: { readonly cameraId: number; readonly viewId: number }) {
  const { t } = useI18n();
  const [stamp] = useState(() => Date.now());
  return (
    <div className={styles.pair}>
      <figure>
        <img src={viewPictureUrl(props.cameraId, props.viewId)} alt={t('views.reference')} />
        <figcaption>{t('views.reference')}</figcaption>
      </figure>
      <figure>
        <img src={snapshotUrl(props.cameraId, stamp)} alt={t('views.present')} />
        <figcaption>{t('views.present')}</figcaption>
      </figure>
    </div>
  );
}
