import type { ReactNode } from 'react';
import { classNames } from '../ui/class-names.ts';
import styles from './status-mark.module.css';
import type { StatusTone } from './status-tone.ts';

/** ● well, ▲ trouble, ✕ in a square: lost, ◌ nothing known, ◔ on its way. */
function shapeOf(tone: StatusTone): ReactNode {
  switch (tone) {
    case 'ok':
      return <circle cx="8" cy="8" r="6" fill="currentColor" />;
    case 'warn':
      return <path d="M8 1.5 15 14.5H1Z" fill="currentColor" />;
    case 'bad':
      return (
        <>
          <rect x="1" y="1" width="14" height="14" rx="2.5" fill="currentColor" />
          <path d="m5 5 6 6m0-6-6 6" stroke="var(--bg)" strokeWidth="2.2" strokeLinecap="round" />
        </>
      );
    case 'pending':
      return (
        <>
          <circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" strokeWidth="2" />
          <path d="M8 8V2a6 6 0 0 1 6 6Z" fill="currentColor" />
        </>
      );
    case 'none':
      return (
        <circle
          cx="8"
          cy="8"
          r="6"
          fill="none"
          stroke="currentColor"
          strokeWidth="2.2"
          strokeDasharray="3 2.3"
        />
      );
  }
}

export function StatusMark(props: { readonly tone: StatusTone }) {
  return (
    <svg
      viewBox="0 0 16 16"
      className={classNames(styles.mark, styles[props.tone])}
      aria-hidden="true"
    >
      {shapeOf(props.tone)}
    </svg>
  );
}

/** Shape and word together. */
export function StatusBadge(props: { readonly tone: StatusTone; readonly children: ReactNode }) {
  return (
    <span className={classNames(styles.badge, styles[props.tone])}>
      <StatusMark tone={props.tone} />
      <span>{props.children}</span>
    </span>
  );
}
