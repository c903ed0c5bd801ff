import type { ReactNode } from 'react';
import admin from '../admin/admin.module.css';
import { classNames } from './class-names.ts';

/** A box for a table that may be wider than the page: it can be scrolled by keys, and has a name. */
export function ScrollBox(props: {
  readonly label: string;
  readonly className?: string | undefined;
  readonly children: ReactNode;
}) {
  return (
    <section
      className={classNames(admin.scroll, props.className)}
      aria-label={props.label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys
      tabIndex={0}
    >
      {props.children}
    </section>
  );
}
