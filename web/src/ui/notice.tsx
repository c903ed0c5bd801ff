import { CircleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { ConsoleFault, faultCodeOf } from '../api/console-fault.ts';
import { Code, useI18n } from '../i18n/i18n.tsx';
import { classNames } from './class-names.ts';
import controls from './controls.module.css';
import styles from './notice.module.css';

/** A page or panel that has nothing to show, and why. */
export function EmptyNotice(props: {
  readonly icon?: ReactNode;
  readonly title: string;
  /** It stands for the whole page, whose heading it then is. */
  readonly isPage?: boolean;
  readonly text?: string;
  readonly children?: ReactNode;
}) {
  const Heading = props.isPage === true ? 'h1' : 'h2';
  return (
    <div className={styles.notice}>
      {props.icon}
      <Heading>{props.title}</Heading>
      {props.text !== undefined && <p className={styles.text}>{props.text}</p>}
      {props.children}
    </div>
  );
}

/** A coded fault in the reader's language, with what to do next. */
export function FaultNotice(props: {
  readonly fault: unknown;
  readonly onRetry?: (() => void) | undefined;
}) {
  const { t } = useI18n();
  const code = faultCodeOf(props.fault);
  const requestId = props.fault instanceof ConsoleFault ? props.fault.requestId : null;
  return (
    <div className={styles.inline} role="alert">
      <CircleAlert aria-hidden="true" />
      <div>
        <strong>{t(`fault.${code}`)}</strong> <span>{t(`fault.${code}.next`)}</span>
        <div className={styles.request}>
          <Code>{code}</Code>
          {requestId !== null && (
            <>
              {' · '}
              {t('state.requestId', { id: requestId })}
            </>
          )}
        </div>
      </div>
      {props.onRetry !== undefined && (
        <button type="button" className={controls.button} onClick={props.onRetry}>
          {t('state.retry')}
        </button>
      )}
    </div>
  );
}

/** Grey rows that appear after 300 ms, so that a quick answer does not flash. */
export function LoadingRows(props: { readonly rows: number }) {
  const { t } = useI18n();
  return (
    <div className={styles.skeletons} role="status">
      <span className={controls.visuallyHidden}>{t('state.loading')}</span>
      {Array.from({ length: props.rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: rows without identity
        <div key={row} className={classNames(styles.skeleton)} />
      ))}
    </div>
  );
}
