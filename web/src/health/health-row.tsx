// biome-ignore-all lint/a11y/useSemanticElements: only the rows in view exist, which <table> cannot say
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus and names the active row
import { degradedReasonKinds } from '@nigehban/domain/camera-health.ts';
import { isDown } from '@nigehban/domain/camera-state.ts';
import { Link } from '@tanstack/react-router';
import { EyeOff } from 'lucide-react';
import type { ReactNode } from 'react';
import { placementName } from '../camera/camera-names.ts';
import { Code, useI18n } from '../i18n/i18n.tsx';
import { StatusBadge } from '../status/status-mark.tsx';
import { cameraTone } from '../status/status-tone.ts';
import type { GridPlace } from './grid-keys.ts';
import styles from './health-page.module.css';
import { driftFromMs } from './health-rows.ts';
import { type HealthColumn, healthColumns } from './health-search.ts';
import type { HealthFeed } from './use-health-rows.ts';

const lossFromPercent = 2;

/** One camera of the health table: a line of cells, below 700 px a card. */
export function HealthRow(props: {
  readonly feed: HealthFeed;
  readonly row: number;
  readonly index: number;
  readonly offsetPx: number;
  readonly nowMs: number;
  readonly idOf: (place: GridPlace) => string;
  /** Null: another row is active; −1: this row as a whole. */
  readonly activeColumn: number | null;
}) {
  const { t, pick, age, moment } = useI18n();
  const { feed, row, index, nowMs, activeColumn } = props;
  const { rows } = feed;
  const station = rows.stationOf(row);
  const state = rows.stateOf(row);
  const stale = rows.isStale(row, feed.staleAfterMs);
  const placement = rows.placements[row] ?? 'BOOTH';
  const booth = rows.booths[row] ?? 0;
  const sinceMs = rows.sinceMs[row] ?? nowMs;
  const seenMs = rows.lastSeenMs[row] ?? Number.NaN;
  const clockMs = rows.clockOffsetMs[row] ?? Number.NaN;
  const lossPercent = rows.lossPercent[row] ?? Number.NaN;
  const why = degradedReasonKinds.filter((_, bit) => ((rows.reasons[row] ?? 0) & (1 << bit)) !== 0);
  const fault = rows.faults[row] ?? null;
  const firmware = rows.firmwares[rows.firmware[row] ?? -1] ?? '';
  const reasonText =
    why.length > 0
      ? why.map((kind) => t(`health.reason.${kind}`)).join(t('alerts.listSeparator'))
      : fault === null
        ? ''
        : t(`fault.${fault}`);

  const cells: Readonly<Record<HealthColumn, ReactNode>> = {
    camera: (
      <>
        <Link
          to="/cameras/$id"
          params={{ id: String(rows.ids[row]) }}
          className={styles.link}
          tabIndex={-1}
        >
          {placementName({ placement, booth: booth === 0 ? null : booth }, t)}
        </Link>
        <Code className={styles.code}>{rows.codes[row]}</Code>
      </>
    ),
    station: (
      <>
        <span className={styles.clip} title={pick(station.name, station.nameUr)}>
          {pick(station.name, station.nameUr)}
        </span>
        <Code className={styles.code}>{station.constituency}</Code>
      </>
    ),
    district: (
      <span title={pick(station.district, station.districtUr)}>
        {pick(station.district, station.districtUr)}
      </span>
    ),
    status: (
      <>
        <span className={styles.badges}>
          <StatusBadge tone={stale ? 'none' : cameraTone[state]}>
            {stale ? t('health.stale') : t(`camera.state.${state}`)}
          </StatusBadge>
          {rows.unapproved[row] === 1 && (
            <span className={styles.unapproved} title={t('health.unapproved')}>
              <EyeOff role="img" aria-label={t('health.unapproved')} />
            </span>
          )}
          {rows.flapping[row] === 1 && (
            <span className={styles.flag} title={t('health.flapping')}>
              {t('health.flapping')}
            </span>
          )}
          {rows.registered[row] === 1 && rows.recording[row] === 0 && !isDown(state) && (
            <span className={styles.flag}>{t('camera.notRecording')}</span>
          )}
        </span>
        {reasonText !== '' && (
          <span className={styles.reason} title={reasonText}>
            {reasonText}
          </span>
        )}
      </>
    ),
    since: <span title={moment(sinceMs, nowMs)}>{age(nowMs - sinceMs)}</span>,
    'frame-rate': amount(rows.frameRateFps[row], 1),
    bitrate: amount(rows.bitrateKbps[row], 0),
    loss: amount(lossPercent, 1, lossPercent > lossFromPercent ? styles.off : undefined),
    clock: amount(
      clockMs / 1000,
      1,
      Math.abs(clockMs) > driftFromMs ? styles.off : undefined,
      (text) => (clockMs > 0 ? `+${text}` : text),
    ),
    'last-seen': Number.isNaN(seenMs) ? (
      <span className={styles.none}>{t('health.never')}</span>
    ) : (
      <span title={moment(seenMs, nowMs)}>{t('health.ago', { age: age(nowMs - seenMs) })}</span>
    ),
    firmware: (
      <span className={styles.clip} title={firmware}>
        <Code>{firmware}</Code>
      </span>
    ),
  };

  return (
    <div
      id={props.idOf({ row: index, column: -1 })}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={activeColumn !== null}
      className={styles.row}
      style={{ transform: `translateY(${props.offsetPx}px)` }}
      data-testid="health-row"
      data-camera-id={rows.ids[row]}
      data-state={state}
      data-active={activeColumn === -1}
    >
      {healthColumns.map((column, at) => (
        <div
          key={column}
          id={props.idOf({ row: index, column: at })}
          role="gridcell"
          aria-colindex={at + 1}
          className={styles.cell}
          data-column={column}
          data-active={activeColumn === at}
          data-label={t(`health.column.${column}`)}
        >
          {cells[column]}
        </div>
      ))}
    </div>
  );
}

function amount(
  value: number | undefined,
  digits: number,
  className?: string | undefined,
  sign: (text: string) => string = (text) => text,
): ReactNode {
  if (value === undefined || Number.isNaN(value)) return <span className={styles.none}>–</span>;
  // Rounded first, and no minus before what is nothing then.
  const rounded = Number(value.toFixed(digits)) + 0;
  return <Code className={className}>{sign(rounded.toFixed(digits))}</Code>;
}
