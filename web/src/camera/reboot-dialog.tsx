import type { CameraId } from '@nigehban/domain/camera.ts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Code, useI18n } from '../i18n/i18n.tsx';
import { classNames } from '../ui/class-names.ts';
import controls from '../ui/controls.module.css';
import { Dialog } from '../ui/dialog.tsx';
import { FaultNotice } from '../ui/notice.tsx';
import styles from './camera-dialog.module.css';
import { toolApi } from './tool-api.ts';

/** Asks before a camera goes dark for a minute. */
export function RebootDialog(props: {
  readonly cameraId: CameraId;
  readonly code: string;
  readonly onClose: () => void;
}) {
  const { t } = useI18n();
  const queryClient = useQueryClient();
  const reboot = useMutation({
    mutationFn: () => toolApi.reboot(props.cameraId),
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['camera', props.cameraId] }),
  });
  return (
    <Dialog title={t('camera.reboot.title')} onClose={props.onClose}>
      <div className={styles.form}>
        <Code className={styles.code}>{props.code}</Code>
        {reboot.data === undefined ? (
          <p className={styles.prose}>{t('camera.reboot.text')}</p>
        ) : (
          <p role="status" data-testid="reboot-done">
            {t('camera.reboot.done')}{' '}
            {reboot.data.message !== '' && (
              <>
                {t('camera.reboot.says')} <Code>{reboot.data.message}</Code>
              </>
            )}
          </p>
        )}
        {reboot.isError && <FaultNotice fault={reboot.error} />}
        <div className={styles.formActions}>
          {reboot.data === undefined && (
            <button
              type="button"
              className={classNames(controls.button, styles.danger)}
              aria-disabled={reboot.isPending}
              onClick={() => {
                if (!reboot.isPending) reboot.mutate();
              }}
              data-testid="reboot-confirm"
            >
              {t('camera.reboot.confirm')}
            </button>
          )}
          <button
            type="button"
            className={controls.button}
            onClick={props.onClose}
            data-first-focus
          >
            {t(reboot.data === undefined ? 'camera.cancel' : 'dialog.close')}
          </button>
        </div>
      </div>
    </Dialog>
  );
}
