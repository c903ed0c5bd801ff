// biome-ignore-all lint/a11y/useSemanticElements: only the rows in view exist, which <table> cannot say
// biome-ignore-all lint/a11y/useFocusableInteractive: rows are for reading, the table is focused
import type { AuditChain, AuditView } from '@nigehban/domain/api/audit-types.ts';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useVirtualizer } from '@tanstack/react-virtual';
import { Download, FileSearch, Link2, Link2Off, X } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { useServerNow } from '../app/services.tsx';
import { Code, useI18n } from '../i18n/i18n.tsx';
import { classNames } from '../ui/class-names.ts';
import controls from '../ui/controls.module.css';
import { EmptyNotice, FaultNotice, LoadingRows } from '../ui/notice.tsx';
import { useNarrow } from '../ui/use-narrow.ts';
import styles from './admin.module.css';
import table from './audit-page.module.css';
import { auditQueryOf, withFilter } from './audit-search.ts';
import { auditApi } from './user-api.ts';

const route = getRouteApi('/admin/audit');
const pageRows = 200;
const rowHeightPx = { table: 56, cards: 104 } as const;
const askEveryMs = 15_000;
const chainEveryMs = 60_000;

/** Who did what to what, when and from where; and whether the trail is whole. */
export function AuditPage() {
  const { t } = useI18n();
  const search = route.useSearch();
  const query = auditQueryOf(search);
  const trail = useInfiniteQuery({
    queryKey: ['audit', 'rows', query.toString()],
    queryFn: ({ pageParam }) => {
      const page = new URLSearchParams(query);
      page.set('limit', String(pageRows));
      if (pageParam !== null) page.set('before', String(pageParam));
      return auditApi.page(page);
    },
    initialPageParam: null as number | null,
    getNextPageParam: (page) => page.nextBefore,
    refetchInterval: (state) => ((state.state.data?.pages.length ?? 0) > 1 ? false : askEveryMs),
  });
  const rows = trail.data?.pages.flatMap((page) => page.rows) ?? [];
  return (
    <div className={table.page}>
      <div className={classNames(styles.toolbar, table.toolbar)}>
        <h1>{t('audit.title')}</h1>
        <ChainStatus />
        <span className={styles.spacer} />
        <a
          className={controls.button}
          href={`/api/audit.csv?${query}`}
          download
          data-testid="audit-csv"
        >
          <Download aria-hidden="true" />
          {t('audit.csv')}
        </a>
      </div>
      <Filters />
      {trail.isPending && <LoadingRows rows={8} />}
      {trail.isError && <FaultNotice fault={trail.error} onRetry={() => void trail.refetch()} />}
      {trail.isSuccess && rows.length === 0 && (
        <EmptyNotice icon={<FileSearch aria-hidden="true" />} title={t('audit.none')} />
      )}
      {rows.length > 0 && (
        <AuditTable
          rows={rows}
          hasMore={trail.hasNextPage}
          onEnd={() => {
            if (trail.hasNextPage && !trail.isFetching) void trail.fetchNextPage();
          }}
        />
      )}
    </div>
  );
}

function ChainStatus() {
  const { t, moment } = useI18n();
  const nowMs = useServerNow(15_000);
  const chain = useQuery({
    queryKey: ['audit', 'chain'],
    queryFn: auditApi.chain,
    refetchInterval: chainEveryMs,
  });
  if (chain.isError) return <FaultNotice fault={chain.error} />;
  if (chain.data === undefined) {
    return (
      <span className={styles.muted} role="status">
        {t('audit.chain.checking')}
      </span>
    );
  }
  const { intact, rows, checkedAtMs, head } = chain.data;
  return (
    <>
      <span
        role="status"
        className={classNames(table.chain, intact ? styles.good : table.broken)}
        data-testid="audit-chain"
        data-intact={intact}
        title={head ?? undefined}
      >
        {intact ? <Link2 aria-hidden="true" /> : <Link2Off aria-hidden="true" />}
        {t(intact ? 'audit.chain.intact' : 'audit.chain.broken', {
          rows,
          time: moment(checkedAtMs, nowMs),
        })}
      </span>
      {!intact && <Defects chain={chain.data} />}
    </>
  );
}

function Defects(props: { readonly chain: AuditChain }) {
  const { t, moment } = useI18n();
  return (
    <div className={table.defects} role="alert">
      <ul>
        {props.chain.defects.slice(0, 5).map((defect) => (
          <li key={`${defect.id}-${defect.kind}`}>
            {t(`audit.defect.${defect.kind}`, { id: defect.id })}
            {defect.atMs !== null && (
              <>
                {' · '}
                <Code>{moment(defect.atMs, 0)}</Code>
              </>
            )}
          </li>
        ))}
      </ul>
    </div>
  );
}

const filters = [
  { name: 'actor', type: 'search' },
  { name: 'action', type: 'search' },
  { name: 'subject', type: 'search' },
  { name: 'from', type: 'datetime-local' },
  { name: 'to', type: 'datetime-local' },
] as const;

function Filters() {
  const { t } = useI18n();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <search className={table.filters}>
      {filters.map(({ name, type }) => (
        <label key={name} className={styles.label}>
          <span>{t(`audit.filter.${name}`)}</span>
          <input
            className={controls.field}
            type={type}
            name={name}
            dir="ltr"
            autoComplete="off"
            placeholder={name === 'action' ? 'user.' : undefined}
            value={search[name] ?? ''}
            onChange={(event) =>
              void navigate({ search: withFilter(search, name, event.target.value), replace: true })
            }
          />
        </label>
      ))}
      {Object.keys(search).length > 0 && (
        <button
          type="button"
          className={classNames(controls.button, controls.quiet, table.clear)}
          onClick={() => void navigate({ search: {}, replace: true })}
        >
          <X aria-hidden="true" />
          {t('audit.filter.clear')}
        </button>
      )}
    </search>
  );
}

function AuditTable(props: {
  readonly rows: readonly AuditView[];
  readonly hasMore: boolean;
  readonly onEnd: () => void;
}) {
  const { t } = useI18n();
  const { rows, hasMore, onEnd } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const heightPx = useNarrow() ? rowHeightPx.cards : rowHeightPx.table;
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => heightPx,
    overscan: 10,
    getItemKey: (index) => rows[index]?.id ?? index,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: another height is to be counted anew
  useEffect(() => virtualizer.measure(), [virtualizer, heightPx]);
  const items = virtualizer.getVirtualItems();
  const nowMs = useServerNow(15_000);
  const lastShown = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasMore && lastShown >= rows.length - 20) onEnd();
  }, [hasMore, lastShown, rows.length, onEnd]);
  return (
    <div
      ref={scroller}
      className={table.table}
      role="table"
      aria-label={t('audit.title')}
      aria-rowcount={hasMore ? -1 : rows.length + 1}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling area must be reachable by keys
      tabIndex={0}
    >
      <div className={classNames(table.row, table.head)} role="row" aria-rowindex={1}>
        <span role="columnheader">{t('audit.time')}</span>
        <span role="columnheader">{t('audit.actor')}</span>
        <span role="columnheader">{t('audit.action')}</span>
        <span role="columnheader">{t('audit.subject')}</span>
        <span role="columnheader">{t('audit.details')}</span>
        <span role="columnheader">{t('audit.hash')}</span>
      </div>
      <div role="rowgroup" className={table.rows} style={{ blockSize: virtualizer.getTotalSize() }}>
        {items.map((item) => {
          const row = rows[item.index];
          return row === undefined ? null : (
            <AuditRow
              key={item.key}
              row={row}
              index={item.index}
              offsetPx={item.start}
              nowMs={nowMs}
            />
          );
        })}
      </div>
    </div>
  );
}

function AuditRow(props: {
  readonly row: AuditView;
  readonly index: number;
  readonly offsetPx: number;
  readonly nowMs: number;
}) {
  const { t, moment } = useI18n();
  const { row } = props;
  const details = Object.entries(row.details)
    .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' · ');
  return (
    <div
      role="row"
      aria-rowindex={props.index + 2}
      className={table.row}
      style={{ transform: `translateY(${props.offsetPx}px)` }}
      data-testid="audit-row"
      data-action={row.action}
    >
      <span role="cell" className={table.time}>
        <Code>{moment(row.atMs, props.nowMs)}</Code>
      </span>
      <span role="cell" className={table.actor}>
        {row.actor === null ? (
          <span className={styles.muted}>{t('audit.nobody')}</span>
        ) : (
          <bdi>{row.actor}</bdi>
        )}
        {row.address !== null && (
          <Code className={classNames(styles.muted, table.small)}>{row.address}</Code>
        )}
      </span>
      <span role="cell">
        <Code className={table.action}>{row.action}</Code>
      </span>
      <span role="cell" className={table.subject}>
        {row.subject !== null && <Code>{row.subject}</Code>}
      </span>
      <span role="cell" className={table.details} title={details}>
        <bdi dir="ltr">{details}</bdi>
      </span>
      <span role="cell" className={table.hash} title={row.hash}>
        <Code className={classNames(styles.muted, table.small)}>{row.hash.slice(0, 8)}</Code>
      </span>
    </div>
  );
}
