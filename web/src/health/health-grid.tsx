// biome-ignore-all lint/a11y/useSemanticElements: only the rows in view exist, which <table> cannot say
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus and names the active row
import { useNavigate } from '@tanstack/react-router';
import { ArrowDown, ArrowUp } from 'lucide-react';
import { type KeyboardEvent, useCallback, useEffect, useId, useRef, useState } from 'react';
import { useServerNow } from '../app/services.tsx';
import { useI18n } from '../i18n/i18n.tsx';
import { directionOf } from '../i18n/messages.ts';
import { useNarrow } from '../ui/use-narrow.ts';
import { type GridPlace, moveInGrid } from './grid-keys.ts';
import styles from './health-page.module.css';
import { HealthRow } from './health-row.tsx';
import { type HealthColumn, type HealthSort, healthColumns } from './health-search.ts';
import type { HealthFeed } from './use-health-rows.ts';

const rowHeightPx = { table: 48, cards: 116 } as const;
const beyondRows = 6;

/** The rows in view of all rows in order, worked by keys (ARIA grid with an active descendant). */
export function HealthGrid(props: {
  readonly feed: HealthFeed;
  readonly order: Int32Array;
  readonly sort: HealthSort | null;
  readonly onSort: (column: HealthColumn) => void;
  /** Whether a pointer, the focus or the scroll position is in the grid. */
  readonly onHand: (under: boolean) => void;
}) {
  const { t, language } = useI18n();
  const { feed, order, sort, onSort, onHand } = props;
  const navigate = useNavigate();
  const gridId = useId();
  const scroller = useRef<HTMLDivElement>(null);
  const heightPx = useNarrow() ? rowHeightPx.cards : rowHeightPx.table;
  const { first, viewRows, onScroll } = useWindow(scroller, heightPx);
  const [place, setPlace] = useState<GridPlace>({ row: 0, column: -1 });
  const hand = useRef({ pointer: false, focus: false });
  const nowMs = useServerNow(5_000);
  const active = { ...place, row: Math.min(place.row, order.length - 1) };

  const tell = (): void =>
    onHand(hand.current.pointer || hand.current.focus || (scroller.current?.scrollTop ?? 0) > 0);
  const idOf = ({ row, column }: GridPlace): string =>
    column === -1 ? `${gridId}-${row}` : `${gridId}-${row}-${column}`;

  const move = (next: GridPlace): void => {
    setPlace(next);
    const view = scroller.current;
    if (view === null || next.row < 0) return;
    const top = next.row * heightPx;
    const head = view.querySelector<HTMLElement>('[data-head]')?.offsetHeight ?? 0;
    const room = view.clientHeight - head;
    if (top < view.scrollTop) view.scrollTop = top;
    else if (top + heightPx > view.scrollTop + room) view.scrollTop = top + heightPx - room;
  };

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.altKey || event.metaKey) return;
    if (event.key === 'Enter' || event.key === ' ') {
      const row = order[active.row];
      if (active.row === -1) onSort(healthColumns[active.column] ?? 'status');
      else if (row !== undefined && event.key === 'Enter') {
        void navigate({ to: '/cameras/$id', params: { id: String(feed.rows.ids[row]) } });
      } else return;
      event.preventDefault();
      return;
    }
    const next = moveInGrid(active, event.key, event.ctrlKey, {
      rows: order.length,
      columns: healthColumns.length,
      pageRows: Math.max(1, viewRows - 1),
      rightToLeft: directionOf[language] === 'rtl',
    });
    if (next === null) return;
    event.preventDefault();
    move(next);
  };

  const activeId = idOf(active);
  useEffect(() => {
    document.getElementById(activeId)?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [activeId]);

  const last = Math.min(order.length, first + viewRows + beyondRows);
  const start = Math.max(0, first - beyondRows);
  return (
    <div
      ref={scroller}
      className={styles.grid}
      role="grid"
      aria-label={t('health.title')}
      aria-rowcount={order.length + 1}
      aria-colcount={healthColumns.length}
      aria-activedescendant={activeId}
      tabIndex={0}
      onKeyDown={onKeyDown}
      onScroll={() => {
        onScroll();
        tell();
      }}
      onPointerEnter={() => {
        hand.current.pointer = true;
        tell();
      }}
      onPointerLeave={() => {
        hand.current.pointer = false;
        tell();
      }}
      onFocus={() => {
        hand.current.focus = true;
        tell();
      }}
      onBlur={() => {
        hand.current.focus = false;
        tell();
      }}
      data-testid="health-grid"
      data-rows={order.length}
    >
      <div className={styles.head} role="row" aria-rowindex={1} data-head="true">
        {healthColumns.map((column, index) => {
          const sorted = sort?.column === column;
          return (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the grid has the keys
            <div
              key={column}
              id={idOf({ row: -1, column: index })}
              role="columnheader"
              aria-colindex={index + 1}
              aria-sort={sorted ? (sort.descending ? 'descending' : 'ascending') : 'none'}
              className={styles.heading}
              data-column={column}
              data-active={active.row === -1 && active.column === index}
              onClick={() => onSort(column)}
            >
              <span>{t(`health.column.${column}`)}</span>
              {sorted &&
                (sort.descending ? (
                  <ArrowDown aria-hidden="true" />
                ) : (
                  <ArrowUp aria-hidden="true" />
                ))}
            </div>
          );
        })}
      </div>
      <div
        role="rowgroup"
        className={styles.rows}
        style={{ blockSize: `${order.length * heightPx}px` }}
      >
        {Array.from({ length: Math.max(0, last - start) }, (_, offset) => {
          const index = start + offset;
          const row = order[index];
          return row === undefined ? null : (
            <HealthRow
              key={feed.rows.ids[row]}
              feed={feed}
              row={row}
              index={index}
              offsetPx={index * heightPx}
              nowMs={nowMs}
              idOf={idOf}
              activeColumn={active.row === index ? active.column : null}
            />
          );
        })}
      </div>
    </div>
  );
}

/** The first row in view and how many fit; renders anew only when one of them changes. */
function useWindow(scroller: React.RefObject<HTMLDivElement | null>, heightPx: number) {
  const [first, setFirst] = useState(0);
  const [viewRows, setViewRows] = useState(24);
  const onScroll = useCallback(() => {
    setFirst(Math.floor((scroller.current?.scrollTop ?? 0) / heightPx));
  }, [scroller, heightPx]);
  useEffect(() => {
    const view = scroller.current;
    if (view === null) return;
    const measure = (): void => setViewRows(Math.ceil(view.clientHeight / heightPx));
    measure();
    onScroll();
    const observer = new ResizeObserver(measure);
    observer.observe(view);
    return () => observer.disconnect();
  }, [scroller, heightPx, onScroll]);
  return { first, viewRows, onScroll };
}
