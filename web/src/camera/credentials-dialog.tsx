import type { CameraId } from '@nigehban/domain/camera.ts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useI18n } from '../i18n/i18n.tsx';
import { StatusBadge } from '../status/status-mark.tsx';
import { classNames } from '../ui/class-names.ts';
import controls from '../ui/controls.module.css';
import { Dialog } from '../ui/dialog.tsx';
import { FaultNotice } from '../ui/notice.tsx';
import styles from './camera-dialog.module.css';
import { toolApi } from './tool-api.ts';

/** Tries a user name and password once, and keeps them when told to and accepted. */
export function CredentialsDialog(props: {
  readonly cameraId: CameraId;
  readonly onClose: () => void;
}) {
  const { t } = useI18n();
  const queryClient = useQueryClient();
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  const [store, setStore] = useState(true);
  const attempt = useMutation({
    mutationFn: () => toolApi.tryCredentials(props.cameraId, { username, password, store }),
    onSettled: () => {
      setPassword('');
      return queryClient.invalidateQueries({ queryKey: ['camera', props.cameraId] });
    },
  });
  const ready = username !== '' && password !== '' && !attempt.isPending;
  return (
    <Dialog title={t('camera.credentials.title')} onClose={props.onClose}>
      <form
        className={styles.form}
        autoComplete="off"
        onSubmit={(event) => {
          event.preventDefault();
          if (ready) attempt.mutate();
        }}
      >
        <p className={styles.prose}>{t('camera.credentials.text')}</p>
        <label>
          {t('signIn.username')}
          <input
            className={controls.field}
            value={username}
            dir="ltr"
            autoComplete="off"
            spellCheck={false}
            onChange={({ target }) => setUsername(target.value)}
            data-first-focus
            data-testid="credentials-username"
          />
        </label>
        <label>
          {t('signIn.password')}
          <input
            type="password"
            className={controls.field}
            value={password}
            dir="ltr"
            autoComplete="new-password"
            onChange={({ target }) => setPassword(target.value)}
            data-testid="credentials-password"
          />
        </label>
        <label className={styles.checkbox}>
          <input
            type="checkbox"
            checked={store}
            onChange={({ target }) => setStore(target.checked)}
          />
          {t('camera.credentials.store')}
        </label>
        {attempt.data !== undefined && !attempt.isPending && (
          <p role="status" data-testid="credentials-answer">
            <StatusBadge tone={attempt.data.accepted ? 'ok' : 'bad'}>
              {t(
                attempt.data.stored
                  ? 'camera.credentials.stored'
                  : attempt.data.accepted
                    ? 'camera.credentials.accepted'
                    : 'camera.credentials.refused',
              )}
            </StatusBadge>
          </p>
        )}
        {attempt.isError && <FaultNotice fault={attempt.error} />}
        <div className={styles.formActions}>
          <button
            type="submit"
            className={classNames(controls.button, controls.primary)}
            disabled={!ready}
            data-testid="credentials-try"
          >
            {t('camera.credentials.try')}
          </button>
          <button type="button" className={controls.button} onClick={props.onClose}>
            {t('dialog.close')}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
