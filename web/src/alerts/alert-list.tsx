import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef } from 'react';
import { useServerNow } from '../app/services.tsx';
import { useI18n } from '../i18n/i18n.tsx';
import styles from './inbox.module.css';
import { AlertRow, IncidentRow } from './inbox-row.tsx';
import { type InboxRow, keyOf, type Selection } from './inbox-rows.ts';

/** As `.row` of the style sheet. */
const rowHeightPx = 88;

/** The rows in view of however many there are. Its ages are told anew by itself. */
export function AlertList(props: {
  readonly rows: readonly InboxRow[];
  readonly selected: Selection;
  readonly pendingAlerts: readonly number[];
  readonly pendingIncidents: readonly number[];
  readonly onOpen: (row: InboxRow) => void;
  readonly onFold: (incidentId: number, unfolded: boolean) => void;
}) {
  const { t } = useI18n();
  const { rows } = props;
  const scroller = useRef<HTMLElement>(null);
  const nowMs = useServerNow(1_000);
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeightPx,
    overscan: 6,
    getItemKey: (index) => rows[index]?.key ?? index,
  });
  const selectedKey = keyOf(props.selected);
  useFollowing(selectedKey, rows, scroller.current, (index) =>
    virtualizer.scrollToIndex(index, { align: 'auto' }),
  );
  return (
    <section
      ref={scroller}
      className={styles.scroller}
      data-testid="inbox-scroller"
      aria-label={t('alerts.list')}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling area must be reachable by keys
      tabIndex={0}
    >
      <ul className={styles.rows} style={{ blockSize: virtualizer.getTotalSize() }}>
        {virtualizer.getVirtualItems().map((item) => {
          const row = rows[item.index];
          if (row === undefined) return null;
          const state = {
            selected: row.key === selectedKey,
            nowMs,
            pending:
              row.kind === 'alert'
                ? props.pendingAlerts.includes(row.alert.id)
                : props.pendingIncidents.includes(row.incident.id),
            onOpen: () => props.onOpen(row),
          };
          return (
            <li
              key={item.key}
              className={styles.item}
              data-row-key={row.key}
              aria-setsize={rows.length}
              aria-posinset={item.index + 1}
              style={{ transform: `translateY(${item.start}px)` }}
            >
              {row.kind === 'alert' ? (
                <AlertRow row={row} state={state} />
              ) : (
                <IncidentRow
                  row={row}
                  state={state}
                  onFold={(unfolded) => props.onFold(row.incident.id, unfolded)}
                />
              )}
            </li>
          );
        })}
      </ul>
    </section>
  );
}

/**
 * Brings the selected row into view when another is selected, and the focus along when it was in
 * the list already: who reads with the ears hears the row.
 */
function useFollowing(
  selectedKey: string | null,
  rows: readonly InboxRow[],
  scroller: HTMLElement | null,
  scrollTo: (index: number) => void,
): void {
  const current = useRef({ rows, scroller, scrollTo });
  useEffect(() => {
    current.current = { rows, scroller, scrollTo };
  });
  useEffect(() => {
    if (selectedKey === null) return;
    const index = current.current.rows.findIndex((row) => row.key === selectedKey);
    if (index === -1) return;
    current.current.scrollTo(index);
    const frame = requestAnimationFrame(() => {
      const list = current.current.scroller;
      const { activeElement, body } = document;
      if (list === null || !(activeElement === body || list.contains(activeElement))) return;
      list
        .querySelector<HTMLElement>(`[data-row-key="${selectedKey}"] a`)
        ?.focus({ preventScroll: true });
    });
    return () => cancelAnimationFrame(frame);
  }, [selectedKey]);
}
