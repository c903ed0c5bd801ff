import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useMemo, useRef } from 'react';
import { api } from '../api/api-client.ts';
import { useHotkeys } from '../app/hotkeys.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { IncidentDetail } from '../incidents/incident-detail.tsx';
import { classNames } from '../ui/class-names.ts';
import controls from '../ui/controls.module.css';
import { EmptyNotice, FaultNotice, LoadingRows } from '../ui/notice.tsx';
import { AlertDetail } from './alert-detail.tsx';
import { AlertList } from './alert-list.tsx';
import { select, selectionIn } from './alert-search.ts';
import styles from './alerts-page.module.css';
import { listRows, type Selection, selectionOf, stepRow } from './inbox-rows.ts';

const route = getRouteApi('/alerts');
const pageSize = 50;
const nothingUnfolded: ReadonlySet<number> = new Set();

/** What is over, the newest first, page after page. An error leaves what was loaded in place. */
export function ClosedAlerts() {
  const { t } = useI18n();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const detail = useRef<HTMLElement>(null);
  const closed = useInfiniteQuery({
    queryKey: ['alerts', 'closed'],
    queryFn: ({ pageParam }) =>
      api.alerts('closed', {
        limit: pageSize,
        ...(pageParam === null ? {} : { before: pageParam }),
      }),
    initialPageParam: null as number | null,
    getNextPageParam: (last) => (last.length < pageSize ? null : (last.at(-1)?.id ?? null)),
  });
  const rows = useMemo(
    () =>
      listRows(
        (closed.data?.pages.flat() ?? []).map((alert) => ({ kind: 'alert', alert })),
        nothingUnfolded,
      ),
    [closed.data],
  );
  const selected = selectionIn(search);
  const row = selected?.kind === 'alert' ? rows.find((one) => one.key === `a${selected.id}`) : null;
  const choose = (to: Selection): void =>
    void navigate({ search: select(search, to), replace: selected !== null });
  const step = (by: number): void => {
    const next = stepRow(rows, selected, by);
    if (next !== null) choose(selectionOf(next));
  };
  useHotkeys([
    { keys: ['j', 'ArrowDown'], run: () => step(1) },
    { keys: ['k', 'ArrowUp'], run: () => step(-1) },
    { keys: ['Enter'], run: () => detail.current?.focus() },
    { keys: ['Escape'], run: () => choose(null) },
  ]);
  const retry = () => void closed.refetch();
  if (closed.data === undefined) {
    return closed.isError ? (
      <FaultNotice fault={closed.error} onRetry={retry} />
    ) : (
      <LoadingRows rows={6} />
    );
  }
  return (
    <div className={styles.split}>
      <div className={styles.list}>
        {closed.isError && <FaultNotice fault={closed.error} onRetry={retry} />}
        {rows.length === 0 ? (
          <EmptyNotice title={t('alerts.emptyClosed')} />
        ) : (
          <AlertList
            rows={rows}
            selected={selected}
            pendingAlerts={[]}
            pendingIncidents={[]}
            onOpen={() => detail.current?.focus()}
            onFold={() => undefined}
          />
        )}
        {closed.hasNextPage && (
          <button
            type="button"
            className={classNames(controls.button, styles.more)}
            disabled={closed.isFetchingNextPage}
            onClick={() => void closed.fetchNextPage()}
          >
            {t('alerts.more')}
          </button>
        )}
      </div>
      <section ref={detail} className={styles.detail} aria-label={t('alerts.detail')} tabIndex={-1}>
        {selected === null && rows.length > 0 && <EmptyNotice title={t('alerts.select')} />}
        {selected?.kind === 'alert' && (
          <AlertDetail
            key={selected.id}
            id={selected.id}
            known={row?.kind === 'alert' ? row.alert : null}
            acknowledging={null}
            onBack={() => choose(null)}
          />
        )}
        {selected?.kind === 'incident' && (
          <IncidentDetail
            key={selected.id}
            id={selected.id}
            acknowledging={null}
            onBack={() => choose(null)}
          />
        )}
      </section>
    </div>
  );
}
