import { X } from 'lucide-react';
import { type ReactNode, useEffect, useId, useRef } from 'react';
import { useI18n } from '../i18n/i18n.tsx';
import { classNames } from './class-names.ts';
import controls from './controls.module.css';
import styles from './dialog.module.css';

/** A modal dialog on the browser's own `<dialog>`: focus stays inside, Escape closes. */
export function Dialog(props: {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
}) {
  const { t } = useI18n();
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useEffect(() => {
    const element = dialog.current;
    element?.showModal();
    element?.querySelector<HTMLElement>('[data-first-focus]')?.focus();
    return () => element?.close();
  }, []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes, the click is a second way
    <dialog
      ref={dialog}
      className={styles.dialog}
      aria-labelledby={titleId}
      onClose={props.onClose}
      onClick={(event) => {
        if (event.target === dialog.current) props.onClose();
      }}
    >
      <div className={styles.header}>
        <h2 id={titleId}>{props.title}</h2>
        <button
          type="button"
          className={classNames(controls.button, controls.quiet, controls.icon)}
          aria-label={t('dialog.close')}
          onClick={props.onClose}
        >
          <X aria-hidden="true" />
        </button>
      </div>
      <div className={styles.body}>{props.children}</div>
    </dialog>
  );
}
