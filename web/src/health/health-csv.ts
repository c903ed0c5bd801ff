import { degradedReasonKinds } from '@nigehban/domain/camera-health.ts';
import { driftFromMs, type HealthRows } from './health-rows.ts';

const header = [
  'camera',
  'placement',
  'booth',
  'station',
  'station_name',
  'station_name_ur',
  'district',
  'state',
  'reasons',
  'fault',
  'since',
  'recording',
  'frame_rate_fps',
  'bitrate_kbps',
  'loss_percent',
  'clock_offset_ms',
  'clock_drifts',
  'last_seen',
  'firmware',
  'view_approved',
];

/** The given rows as CSV (RFC 4180) with a byte order mark, which Excel needs for Urdu. */
export function writeHealthCsv(rows: HealthRows, order: Int32Array): string {
  const lines = [header.join(',')];
  for (const row of order) {
    const station = rows.stationOf(row);
    const clockMs = rows.clockOffsetMs[row] ?? Number.NaN;
    lines.push(
      [
        cell(rows.codes[row] ?? ''),
        cell(rows.placements[row] ?? ''),
        rows.booths[row] === 0 ? '' : String(rows.booths[row]),
        cell(station.code),
        cell(station.name),
        cell(station.nameUr),
        cell(station.district),
        rows.stateOf(row),
        degradedReasonKinds
          .filter((_, index) => ((rows.reasons[row] ?? 0) & (1 << index)) !== 0)
          .join(' '),
        rows.faults[row] ?? '',
        timeOf(rows.sinceMs[row]),
        rows.recording[row] === 1 ? 'yes' : 'no',
        numberOf(rows.frameRateFps[row]),
        numberOf(rows.bitrateKbps[row]),
        numberOf(rows.lossPercent[row]),
        numberOf(clockMs),
        Number.isNaN(clockMs) ? '' : Math.abs(clockMs) > driftFromMs ? 'yes' : 'no',
        timeOf(rows.lastSeenMs[row]),
        cell(rows.firmwares[rows.firmware[row] ?? -1] ?? ''),
        rows.unapproved[row] === 1 ? 'no' : 'yes',
      ].join(','),
    );
  }
  return `\uFEFF${lines.join('\r\n')}\r\n`;
}

/** Text in quotes where it must be; what a spreadsheet would take for a formula stays text. */
function cell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function numberOf(value: number | undefined): string {
  return value === undefined || Number.isNaN(value) ? '' : String(value);
}

function timeOf(atMs: number | undefined): string {
  return atMs === undefined || Number.isNaN(atMs) ? '' : new Date(atMs).toISOString();
}
