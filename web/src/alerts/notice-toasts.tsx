import { Link } from '@tanstack/react-router';
import { BellRing, X } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useServices } from '../app/services.tsx';
import { useI18n } from '../i18n/i18n.tsx';
import { classNames } from '../ui/class-names.ts';
import controls from '../ui/controls.module.css';
import { playAlertSound, readSoundEnabled } from './alert-sound.ts';
import styles from './notice-toasts.module.css';
import { addToast, type Toast } from './toast-list.ts';

const shownForMs = 20_000;

/** Notices of the channel `push`: they stand in a corner for a while, with a sound if wanted. */
export function NoticeToasts() {
  const { t } = useI18n();
  const { socket } = useServices();
  const [toasts, setToasts] = useState<readonly Toast[]>([]);
  const dismiss = (id: string): void =>
    setToasts((former) => former.filter((toast) => toast.id !== id));
  useEffect(
    () =>
      socket.onMessage((message) => {
        if (message.type !== 'notice') return;
        const { id, subject, text } = message;
        setToasts((former) => addToast(former, { id, subject, text }));
        if (readSoundEnabled()) playAlertSound();
      }),
    [socket],
  );
  return (
    <section className={styles.stack} aria-label={t('toasts.label')} aria-live="polite">
      {toasts.map((toast) => (
        <ToastCard key={toast.id} toast={toast} onDismiss={() => dismiss(toast.id)} />
      ))}
    </section>
  );
}

/** Goes by itself, but not while somebody reads it: under the pointer or with the focus inside. */
function ToastCard(props: { readonly toast: Toast; readonly onDismiss: () => void }) {
  const { t } = useI18n();
  const { toast, onDismiss } = props;
  const [held, setHeld] = useState(false);
  useEffect(() => {
    if (held) return;
    const timer = setTimeout(onDismiss, shownForMs);
    return () => clearTimeout(timer);
  });
  return (
    <article
      className={styles.toast}
      data-testid="notice-toast"
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
    >
      <BellRing aria-hidden="true" />
      <div>
        <strong dir="auto">{toast.subject}</strong>
        <p dir="auto">{toast.text}</p>
        <Link to="/alerts" onClick={onDismiss}>
          {t('toasts.open')}
        </Link>
      </div>
      <button
        type="button"
        className={classNames(controls.button, controls.quiet, controls.icon)}
        aria-label={t('toasts.dismiss')}
        onClick={onDismiss}
      >
        <X aria-hidden="true" />
      </button>
    </article>
  );
}
