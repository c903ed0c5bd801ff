import { Search } from 'lucide-react';
import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { classNames } from './class-names.ts';
import styles from './search-list.module.css';

export interface SearchOption {
  readonly key: string;
  readonly content: ReactNode;
}

/**
 * A text field above a list of what it finds (ARIA combobox with a list box): arrows move, Enter
 * takes, the field keeps the focus.
 */
export function SearchList(props: {
  readonly label: string;
  readonly text: string;
  readonly onText: (text: string) => void;
  readonly options: readonly SearchOption[];
  readonly onChoose: (key: string) => void;
  readonly empty: string;
}) {
  const [active, setActive] = useState(0);
  const listId = useId();
  const list = useRef<HTMLDivElement>(null);
  const current = Math.min(active, props.options.length - 1);

  useEffect(() => {
    list.current?.querySelector(`[data-index="${current}"]`)?.scrollIntoView({ block: 'nearest' });
  }, [current]);

  const move = (event: KeyboardEvent): void => {
    const last = props.options.length - 1;
    const next = {
      ArrowDown: current + 1,
      ArrowUp: current - 1,
      PageDown: current + 8,
      PageUp: current - 8,
    }[event.key];
    if (next !== undefined) {
      event.preventDefault();
      setActive(Math.max(0, Math.min(last, next)));
    } else if (event.key === 'Enter') {
      event.preventDefault();
      const option = props.options[current];
      if (option !== undefined) props.onChoose(option.key);
    }
  };

  return (
    <div className={styles.box}>
      <div className={styles.field}>
        <Search aria-hidden="true" />
        <input
          data-first-focus
          type="text"
          role="combobox"
          aria-label={props.label}
          aria-expanded="true"
          aria-controls={listId}
          aria-autocomplete="list"
          aria-activedescendant={current >= 0 ? `${listId}-${current}` : undefined}
          placeholder={props.label}
          value={props.text}
          spellCheck={false}
          dir="auto"
          onChange={(event) => {
            setActive(0);
            props.onText(event.target.value);
          }}
          onKeyDown={move}
        />
      </div>
      <div ref={list} id={listId} role="listbox" aria-label={props.label} className={styles.list}>
        {props.options.map((option, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the field above has the keys
          <div
            key={option.key}
            id={`${listId}-${index}`}
            data-index={index}
            role="option"
            tabIndex={-1}
            aria-selected={index === current}
            className={classNames(styles.option)}
            onPointerMove={() => setActive(index)}
            onClick={() => props.onChoose(option.key)}
          >
            {option.content}
          </div>
        ))}
      </div>
      {props.options.length === 0 && (
        <p className={styles.empty} role="status">
          {props.empty}
        </p>
      )}
    </div>
  );
}
