import type { HTMLAttributes, ReactNode } from 'react';
import { classNames } from '../ui/class-names.ts';
import controls from '../ui/controls.module.css';
import styles from './admin.module.css';

interface Labelled {
  readonly label: string;
  readonly hint?: string | undefined;
  /** Takes the whole width of the form. */
  readonly wide?: boolean;
}

/** A control with its label before it and a hint behind. */
export function Field(props: Labelled & { readonly children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: the control is the child
    <label className={classNames(styles.label, props.wide === true && styles.wide)}>
      <span>{props.label}</span>
      {props.children}
      {props.hint !== undefined && <span>{props.hint}</span>}
    </label>
  );
}

interface Text extends Labelled {
  readonly value: string;
  readonly onChange: (value: string) => void;
}

/** A line of something technical, written from left to right in either language. */
export function LineField(
  props: Text & {
    readonly type?: 'password';
    readonly required?: boolean;
    readonly invalid?: boolean;
    readonly inputMode?: HTMLAttributes<HTMLInputElement>['inputMode'];
    readonly autoComplete?: 'off' | 'new-password';
  },
) {
  const { value, onChange, type, required, invalid, inputMode, autoComplete, ...labelled } = props;
  return (
    <Field {...labelled}>
      <input
        className={controls.field}
        dir="ltr"
        type={type}
        required={required}
        inputMode={inputMode}
        autoComplete={autoComplete}
        aria-invalid={invalid}
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
    </Field>
  );
}

/** Lines of something technical. */
export function LinesField(props: Text & { readonly rows: number }) {
  const { value, onChange, rows, ...labelled } = props;
  return (
    <Field {...labelled}>
      <textarea
        className={controls.field}
        dir="ltr"
        rows={rows}
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
    </Field>
  );
}
