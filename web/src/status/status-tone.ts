import type { AlertKind } from '@nigehban/domain/alert-severity.ts';
import type { CameraStateKind } from '@nigehban/domain/camera-state.ts';
import type { StationStateKind } from '@nigehban/domain/station-state.ts';

/** How a status looks: one colour and one shape each, so that neither alone carries it. */
export type StatusTone = 'ok' | 'pending' | 'warn' | 'bad' | 'none';

export const cameraTone: Readonly<Record<CameraStateKind, StatusTone>> = {
  UNKNOWN: 'none',
  ONLINE: 'ok',
  SUSPECTED: 'warn',
  UNREACHABLE: 'bad',
  REFUSED: 'bad',
  FAILED: 'bad',
  SILENT: 'bad',
  FROZEN: 'bad',
  COVERED: 'bad',
  DARK: 'bad',
  MOVED: 'warn',
  BLURRED: 'warn',
  DEGRADED: 'warn',
};

export const stationTone: Readonly<Record<StationStateKind, StatusTone>> = {
  OK: 'ok',
  PARTIAL: 'warn',
  BLIND: 'bad',
};

export const alertTone: Readonly<Record<AlertKind, StatusTone>> = {
  PARTIAL: 'warn',
  BLIND: 'bad',
  TAMPERED: 'warn',
};

/** What a live tile can claim about its picture. */
export const tileStatuses = ['CONNECTING', 'LIVE', 'LATE', 'STALE', 'OFFLINE', 'STILLS'] as const;
export type TileStatus = (typeof tileStatuses)[number];

export const tileTone: Readonly<Record<TileStatus, StatusTone>> = {
  CONNECTING: 'pending',
  LIVE: 'ok',
  LATE: 'warn',
  STALE: 'warn',
  OFFLINE: 'bad',
  STILLS: 'none',
};
