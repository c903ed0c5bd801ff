// biome-ignore-all lint/a11y/useSemanticElements: only the rows in view exist, which <table> cannot say
// biome-ignore-all lint/a11y/useFocusableInteractive: rows are not focused, their links are
import type { StationView } from '@nigehban/domain/api/http-types.ts';
import type { StationStateKind } from '@nigehban/domain/station-state.ts';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useVirtualizer } from '@tanstack/react-virtual';
import { Landmark, SearchX } from 'lucide-react';
import { useDeferredValue, useMemo, useRef } from 'react';
import { useHotkeys } from '../app/hotkeys.ts';
import { useFleet, useServerNow } from '../app/services.tsx';
import { Code, useI18n } from '../i18n/i18n.tsx';
import { StatusBadge, StatusMark } from '../status/status-mark.tsx';
import { stationTone } from '../status/status-tone.ts';
import { classNames } from '../ui/class-names.ts';
import controls from '../ui/controls.module.css';
import { DistrictFilter } from '../ui/district-filter.tsx';
import { EmptyNotice, LoadingRows } from '../ui/notice.tsx';
import { countByState, listDistricts, listStations } from './station-list.ts';
import type { StationSearch } from './station-search.ts';
import styles from './stations-page.module.css';

const route = getRouteApi('/stations');
const states: readonly StationStateKind[] = ['BLIND', 'PARTIAL', 'OK'];

/** All polling stations, the worst first; the filter is part of the address. */
export function StationsPage() {
  const { t } = useI18n();
  const { loaded, stations } = useFleet();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const filter = useDeferredValue(search);
  const shown = useMemo(() => listStations(stations, filter), [stations, filter]);
  const setFilter = (next: StationSearch): void =>
    void navigate({ search: () => next, replace: true });

  if (!loaded) return <LoadingRows rows={8} />;
  if (stations.length === 0) {
    return (
      <EmptyNotice
        icon={<Landmark aria-hidden="true" />}
        title={t('stations.empty.title')}
        text={t('stations.empty.text')}
      />
    );
  }
  return (
    <div className={styles.page}>
      <StationFilter
        stations={stations}
        shown={shown.length}
        search={search}
        onChange={setFilter}
      />
      {shown.length === 0 ? (
        <EmptyNotice icon={<SearchX aria-hidden="true" />} title={t('stations.noMatch')}>
          <button type="button" className={controls.button} onClick={() => setFilter({})}>
            {t('stations.clear')}
          </button>
        </EmptyNotice>
      ) : (
        <StationTable stations={shown} />
      )}
    </div>
  );
}

function StationFilter(props: {
  readonly stations: readonly StationView[];
  readonly shown: number;
  readonly search: StationSearch;
  readonly onChange: (search: StationSearch) => void;
}) {
  const { t } = useI18n();
  const { search, onChange } = props;
  const field = useRef<HTMLInputElement>(null);
  const districts = useMemo(() => listDistricts(props.stations), [props.stations]);
  const counts = useMemo(() => countByState(props.stations), [props.stations]);
  useHotkeys([{ keys: ['/'], run: () => field.current?.focus() }]);
  const without = <Key extends keyof StationSearch>(key: Key): StationSearch =>
    Object.fromEntries(Object.entries(search).filter(([name]) => name !== key));
  return (
    <div className={styles.toolbar}>
      <h1>{t('stations.title')}</h1>
      <div className={styles.totals} role="group" aria-label={t('stations.state')}>
        {states.map((state) => (
          <button
            key={state}
            type="button"
            className={styles.total}
            aria-pressed={search.state === state}
            onClick={() =>
              onChange(search.state === state ? without('state') : { ...search, state })
            }
          >
            <StatusMark tone={stationTone[state]} />
            <strong>{counts[state]}</strong>
            <span>{t(`station.state.short.${state}`)}</span>
          </button>
        ))}
      </div>
      <span className={styles.spacer} />
      <DistrictFilter
        districts={districts}
        code={search.district}
        onChange={(district) =>
          onChange(district === '' ? without('district') : { ...search, district })
        }
      />
      <input
        ref={field}
        type="search"
        className={classNames(controls.field, styles.search)}
        aria-label={t('stations.search')}
        placeholder={t('stations.search')}
        dir="auto"
        value={search.q ?? ''}
        onChange={(event) =>
          onChange(event.target.value === '' ? without('q') : { ...search, q: event.target.value })
        }
      />
      <span className={styles.count} role="status">
        {t('stations.count', { shown: props.shown, total: props.stations.length })}
      </span>
    </div>
  );
}

const rowHeightPx = 56;

function StationTable(props: { readonly stations: readonly StationView[] }) {
  const { t } = useI18n();
  const scroller = useRef<HTMLDivElement>(null);
  const virtualizer = useVirtualizer({
    count: props.stations.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeightPx,
    overscan: 8,
    getItemKey: (index) => props.stations[index]?.code ?? index,
  });
  const nowMs = useServerNow(5_000);
  return (
    <div
      ref={scroller}
      className={styles.table}
      role="table"
      aria-label={t('stations.title')}
      aria-rowcount={props.stations.length + 1}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling area must be reachable by keys
      tabIndex={0}
    >
      <div className={classNames(styles.row, styles.head)} role="row" aria-rowindex={1}>
        <span role="columnheader">{t('stations.column.state')}</span>
        <span role="columnheader">{t('stations.column.station')}</span>
        <span role="columnheader">{t('stations.column.code')}</span>
        <span role="columnheader">{t('stations.column.seat')}</span>
        <span role="columnheader">{t('stations.column.district')}</span>
        <span role="columnheader">{t('stations.column.category')}</span>
        <span role="columnheader">{t('stations.column.cameras')}</span>
        <span role="columnheader">{t('stations.column.since')}</span>
      </div>
      <div
        role="rowgroup"
        className={styles.rows}
        style={{ blockSize: virtualizer.getTotalSize() }}
      >
        {virtualizer.getVirtualItems().map((item) => {
          const station = props.stations[item.index];
          return station === undefined ? null : (
            <StationRow
              key={item.key}
              station={station}
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

function StationRow(props: {
  readonly station: StationView;
  readonly index: number;
  readonly offsetPx: number;
  readonly nowMs: number;
}) {
  const { t, pick, age } = useI18n();
  const { station } = props;
  const working = station.cameras - station.down;
  return (
    <div
      role="row"
      aria-rowindex={props.index + 2}
      className={styles.row}
      style={{ transform: `translateY(${props.offsetPx}px)` }}
      data-testid="station-row"
      data-station-code={station.code}
      data-state={station.state}
    >
      <span role="cell">
        <StatusBadge tone={stationTone[station.state]}>
          {t(`station.state.short.${station.state}`)}
        </StatusBadge>
      </span>
      <span role="cell" className={styles.name}>
        <Link to="/stations/$code" params={{ code: station.code }}>
          {pick(station.name, station.nameUr)}
        </Link>
      </span>
      <span role="cell" className={styles.code}>
        <Code>{station.code}</Code>
      </span>
      <span role="cell" className={styles.seat}>
        <Code>{station.constituency}</Code>
      </span>
      <span role="cell" className={styles.district}>
        {pick(station.district, station.districtUr)}
      </span>
      <span role="cell" className={styles.category}>
        {t(`station.category.${station.category}`)}
      </span>
      <span role="cell" className={styles.cameras}>
        <CameraDots working={working} down={station.down} />
        {t('stations.working', { working, cameras: station.cameras })}
      </span>
      <span role="cell" className={styles.since}>
        {station.sinceMs === null ? '' : age(props.nowMs - station.sinceMs)}
      </span>
    </div>
  );
}

const shownDots = 8;

/** One mark for each camera, lost ones crossed. */
function CameraDots(props: { readonly working: number; readonly down: number }) {
  const total = props.working + props.down;
  if (total > shownDots) return null;
  return (
    <span className={styles.dots} aria-hidden="true">
      {Array.from({ length: total }, (_, dot) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: marks without identity
        <StatusMark key={dot} tone={dot < props.working ? 'ok' : 'bad'} />
      ))}
    </span>
  );
}
