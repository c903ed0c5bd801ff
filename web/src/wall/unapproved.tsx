import type { CameraView } from '@nigehban/domain/api/http-types.ts';
import { EyeOff } from 'lucide-react';
import { useCan } from '../app/session.ts';
import { useI18n } from '../i18n/i18n.tsx';
import styles from './tile.module.css';

/** Whether this person is not shown the camera's pictures yet. The server refuses them as well. */
export function useHiddenView(camera: Pick<CameraView, 'approval'>): boolean {
  const mayApprove = useCan('view.approve');
  return camera.approval === 'unapproved' && !mayApprove;
}

/** In place of a picture that nobody but approvers may see. */
export function UnapprovedMessage() {
  const { t } = useI18n();
  return (
    <p className={styles.unapproved} data-testid="view-unapproved">
      <EyeOff aria-hidden="true" />
      <strong>{t('tile.unapproved')}</strong>
      <small>{t('tile.unapproved.next')}</small>
    </p>
  );
}
