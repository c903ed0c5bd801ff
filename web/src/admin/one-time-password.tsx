import type { NewPassword } from '@nigehban/domain/api/user-types.ts';
import { Check, Copy } from 'lucide-react';
import { useState } from 'react';
import { useI18n } from '../i18n/i18n.tsx';
import { classNames } from '../ui/class-names.ts';
import controls from '../ui/controls.module.css';
import { Dialog } from '../ui/dialog.tsx';
import styles from './admin.module.css';
import people from './users-page.module.css';

/** A one-time password, shown this once. */
export function OneTimePassword(props: {
  readonly fresh: NewPassword;
  readonly onClose: () => void;
}) {
  const { t } = useI18n();
  const { user, password } = props.fresh;
  const [copied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(password);
    setCopied(true);
  };
  return (
    <Dialog title={t('users.oneTime.title')} onClose={props.onClose}>
      <div className={people.ask}>
        <p>{t('users.oneTime.text', { name: user.displayName, username: user.username })}</p>
        <div className={people.secret}>
          <code dir="ltr" data-testid="one-time-password">
            {password}
          </code>
          {/* Without TLS browsers give no clipboard: the text can be selected. */}
          {navigator.clipboard !== undefined && (
            <button type="button" className={controls.button} onClick={() => void copy()}>
              {copied ? <Check aria-hidden="true" /> : <Copy aria-hidden="true" />}
              {t(copied ? 'users.oneTime.copied' : 'users.oneTime.copy')}
            </button>
          )}
        </div>
        <ul>
          <li>{t('users.oneTime.once')}</li>
          <li>{t('users.oneTime.hours')}</li>
        </ul>
        <div className={styles.actions}>
          <button
            type="button"
            className={classNames(controls.button, controls.primary)}
            data-first-focus
            onClick={props.onClose}
            data-testid="one-time-done"
          >
            {t('users.oneTime.done')}
          </button>
        </div>
      </div>
    </Dialog>
  );
}
