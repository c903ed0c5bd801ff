import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { Download, RefreshCw, SearchX, VideoOff } from 'lucide-react';
import { useDeferredValue, useEffect, useMemo, useRef, useState } from 'react';
import { districtsQuery } from '../admin/districts.ts';
import { useHotkeys } from '../app/hotkeys.ts';
import { useServices } from '../app/services.tsx';
import { useI18n } from '../i18n/i18n.tsx';
import { localeOf } from '../i18n/messages.ts';
import { isoDateOf } from '../i18n/station-time.ts';
import { StatusMark } from '../status/status-mark.tsx';
import type { StatusTone } from '../status/status-tone.ts';
import { classNames } from '../ui/class-names.ts';
import controls from '../ui/controls.module.css';
import { DistrictFilter } from '../ui/district-filter.tsx';
import { EmptyNotice, FaultNotice, LoadingRows } from '../ui/notice.tsx';
import { writeHealthCsv } from './health-csv.ts';
import { HealthGrid } from './health-grid.tsx';
import { countPresets, findRows, orderRows, rankNames } from './health-order.ts';
import styles from './health-page.module.css';
import presetStyles from './health-presets.module.css';
import type { HealthRows } from './health-rows.ts';
import {
  type HealthPreset,
  type HealthSearch,
  healthPresets,
  nextSort,
  parseSort,
} from './health-search.ts';
import { type HealthFeed, useHealthRows, useStableIds } from './use-health-rows.ts';

const route = getRouteApi('/health');
/** A table that nobody touches puts itself into order again after this. */
const orderAgainAfterMs = 2_000;

const presetTone: Readonly<Record<HealthPreset, StatusTone>> = {
  offline: 'bad',
  stale: 'none',
  degraded: 'warn',
  'not-recording': 'bad',
  drift: 'warn',
  tampered: 'warn',
  unapproved: 'pending',
};

/** How every camera is: filtered and sorted in the browser, live, exported as it is shown. */
export function HealthPage() {
  const { t } = useI18n();
  const { feed, fault, retry } = useHealthRows();
  if (fault !== null) {
    return (
      <div className={styles.fault}>
        <FaultNotice fault={fault} onRetry={retry} />
      </div>
    );
  }
  if (feed === null) return <LoadingRows rows={10} />;
  if (feed.rows.size === 0) {
    return (
      <EmptyNotice
        icon={<VideoOff aria-hidden="true" />}
        title={t('health.empty.title')}
        text={t('health.empty.text')}
      />
    );
  }
  return <HealthTable feed={feed} />;
}

function HealthTable(props: { readonly feed: HealthFeed }) {
  const { t } = useI18n();
  const { feed } = props;
  const { rows, version } = feed;
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const setSearch = (next: HealthSearch): void =>
    void navigate({ search: () => next, replace: true });
  const sort = parseSort(search.sort);
  const { found, order, changed, orderAgain } = useOrder(feed, search);
  const counts = useMemo(
    () => (version === null ? null : countPresets(rows, found)),
    [rows, version, found],
  );
  const underHand = useRef(false);
  useEffect(() => {
    if (changed === 0) return;
    const timer = setTimeout(() => {
      if (!underHand.current) orderAgain();
    }, orderAgainAfterMs);
    return () => clearTimeout(timer);
  }, [changed, orderAgain]);
  return (
    <div className={styles.page}>
      <HealthToolbar
        rows={rows}
        order={order}
        total={found.length}
        search={search}
        onSearch={setSearch}
      />
      {/* biome-ignore lint/a11y/useSemanticElements: buttons in a row, no form */}
      <div className={presetStyles.presets} role="group" aria-label={t('health.presets')}>
        {healthPresets.map((preset) => (
          <button
            key={preset}
            type="button"
            className={presetStyles.preset}
            aria-pressed={search.status === preset}
            onClick={() => {
              const { status: _, ...rest } = search;
              setSearch(search.status === preset ? rest : { ...rest, status: preset });
            }}
            data-testid={`health-preset-${preset}`}
          >
            <StatusMark tone={counts?.[preset] === 0 ? 'ok' : presetTone[preset]} />
            <strong>{t('health.number', { n: counts?.[preset] ?? 0 })}</strong>
            <span>{t(`health.preset.${preset}`)}</span>
          </button>
        ))}
        {changed > 0 && (
          <button
            type="button"
            className={presetStyles.again}
            onClick={orderAgain}
            data-testid="health-again"
          >
            <RefreshCw aria-hidden="true" />
            {t('health.again', { count: changed })}
          </button>
        )}
      </div>
      {order.length === 0 ? (
        <EmptyNotice icon={<SearchX aria-hidden="true" />} title={t('health.noMatch')}>
          <button type="button" className={controls.button} onClick={() => setSearch({})}>
            {t('stations.clear')}
          </button>
        </EmptyNotice>
      ) : (
        <HealthGrid
          feed={feed}
          order={order}
          sort={sort}
          onSort={(column) => {
            const { sort: _, ...rest } = search;
            const next = nextSort(column, sort);
            setSearch(next === null ? rest : { ...rest, sort: next });
          }}
          onHand={(under) => {
            underHand.current = under;
          }}
        />
      )}
    </div>
  );
}

/**
 * The rows to show, in order. The order holds while cameras change, so that no row moves under the
 * hand; `changed` counts what is not in it yet.
 */
function useOrder(
  feed: HealthFeed,
  search: HealthSearch,
): {
  readonly found: Int32Array;
  readonly order: Int32Array;
  readonly changed: number;
  readonly orderAgain: () => void;
} {
  const { t, language, pick } = useI18n();
  const { rows, version } = feed;
  const ids = useStableIds(rows.ids);
  const { district, q, status, sort } = useDeferredValue(search);
  const [turn, setTurn] = useState<object>({});
  // biome-ignore lint/correctness/useExhaustiveDependencies: names stay the same with their cameras
  const ranks = useMemo(
    () => rankNames(rows, localeOf[language], pick, (placement) => t(`placement.${placement}`)),
    [ids, language],
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: measures do not decide what is found
  const found = useMemo(
    () => timed('health-find', () => findRows(rows, ranks, { district, q })),
    [ids, ranks, district, q],
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: what changes since waits for its turn
  const ordered = useMemo(
    () => ({
      order: timed('health-order', () => orderRows(rows, ranks, found, status, parseSort(sort))),
      states: rows.states.slice(),
      presets: rows.presets.slice(),
    }),
    [found, status, sort, turn],
  );
  const changed = useMemo(() => {
    if (version === null) return 0;
    let count = 0;
    for (const row of found) {
      const same =
        rows.states[row] === ordered.states[row] && rows.presets[row] === ordered.presets[row];
      if (!same) count += 1;
    }
    return count;
  }, [rows, version, found, ordered]);
  const [orderAgain] = useState(() => () => setTurn({}));
  return { found, order: ordered.order, changed, orderAgain };
}

/** Leaves how long the work took in the browser's timeline, where tests and profilers read it. */
function timed<Result>(name: string, work: () => Result): Result {
  const start = performance.now();
  const result = work();
  performance.measure(name, { start, end: performance.now() });
  return result;
}

function HealthToolbar(props: {
  readonly rows: HealthRows;
  readonly order: Int32Array;
  readonly total: number;
  readonly search: HealthSearch;
  readonly onSearch: (search: HealthSearch) => void;
}) {
  const { t } = useI18n();
  const { rows, order, search, onSearch } = props;
  const { clock } = useServices();
  const districts = useQuery(districtsQuery);
  const field = useRef<HTMLInputElement>(null);
  useHotkeys([{ keys: ['/'], run: () => field.current?.focus() }]);
  const without = (key: keyof HealthSearch): HealthSearch =>
    Object.fromEntries(Object.entries(search).filter(([name]) => name !== key));
  const download = (): void => {
    const url = URL.createObjectURL(
      new Blob([writeHealthCsv(rows, order)], { type: 'text/csv;charset=utf-8' }),
    );
    const link = document.createElement('a');
    link.href = url;
    link.download = `nigehban-health-${isoDateOf(clock.nowMs())}.csv`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  };
  return (
    <div className={styles.toolbar}>
      <h1>{t('health.title')}</h1>
      <span className={styles.count} role="status" data-testid="health-count">
        {t('health.count', { shown: order.length, total: rows.size })}
      </span>
      <span className={styles.spacer} />
      <DistrictFilter
        districts={districts.data}
        code={search.district}
        onChange={(district) =>
          onSearch(district === '' ? without('district') : { ...search, district })
        }
      />
      <input
        ref={field}
        type="search"
        className={classNames(controls.field, styles.search)}
        aria-label={t('health.search')}
        placeholder={t('health.search')}
        dir="auto"
        value={search.q ?? ''}
        onChange={({ target }) =>
          onSearch(target.value === '' ? without('q') : { ...search, q: target.value })
        }
        data-testid="health-search"
      />
      <button
        type="button"
        className={controls.button}
        onClick={download}
        data-testid="health-export"
      >
        <Download aria-hidden="true" />
        {t('health.export')}
      </button>
    </div>
  );
}
