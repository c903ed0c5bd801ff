/** Polling stations, control rooms and footage all live in one zone; the browser's own is not asked. */
const zone = 'Asia/Karachi';
/** Pakistan Standard Time has had no daylight saving since 2009. */
const zoneOffsetMs = 5 * 3_600_000;
export const dayMs = 86_400_000;

const timeFormat = new Intl.DateTimeFormat('en-GB', {
  timeZone: zone,
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});

const dateFormats = {
  en: new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
  }),
  ur: new Intl.DateTimeFormat('ur-PK', {
    timeZone: zone,
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
  }),
} as const;

/** `16:05:30` in Pakistan. */
export function formatTime(atMs: number): string {
  return timeFormat.format(atMs);
}

/** `16:05` in Pakistan. */
export function formatMinute(atMs: number): string {
  return formatTime(atMs).slice(0, 5);
}

export function formatDate(atMs: number, language: 'en' | 'ur'): string {
  return dateFormats[language].format(atMs);
}

/** `2024-02-08` in Pakistan. */
export function isoDateOf(atMs: number): string {
  return new Date(atMs + zoneOffsetMs).toISOString().slice(0, 10);
}

/** Midnight in Pakistan before or at `atMs`. */
export function startOfDayMs(atMs: number): number {
  return Math.floor((atMs + zoneOffsetMs) / dayMs) * dayMs - zoneOffsetMs;
}

/** Midnight in Pakistan of `2024-02-08`; null when it is no date. */
export function parseIsoDate(text: string): number | null {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return null;
  const utcMs = Date.parse(`${text}T00:00:00Z`);
  return Number.isNaN(utcMs) ? null : utcMs - zoneOffsetMs;
}

/** Time of day of `16:05`, `16:05:30`, `1605` or `160530` in milliseconds; null when it is none. */
export function parseTimeOfDay(text: string): number | null {
  const match = /^\s*(\d{1,2})[:. ]?(\d{2})(?:[:. ]?(\d{2}))?\s*$/.exec(text);
  if (match === null) return null;
  const [hours, minutes, seconds] = [match[1], match[2], match[3] ?? '0'].map(Number);
  if (hours === undefined || minutes === undefined || seconds === undefined) return null;
  if (hours > 23 || minutes > 59 || seconds > 59) return null;
  return ((hours * 60 + minutes) * 60 + seconds) * 1000;
}

/** An age in its two largest units, as the keys `age.*` write it. Negative ages count as none. */
export function splitAge(
  ageMs: number,
):
  | { readonly key: 'age.seconds'; readonly values: { readonly n: number } }
  | { readonly key: 'age.minutes'; readonly values: { readonly n: number } }
  | { readonly key: 'age.hours'; readonly values: { readonly h: number; readonly m: number } }
  | { readonly key: 'age.days'; readonly values: { readonly d: number; readonly h: number } } {
  const seconds = Math.max(0, Math.floor(ageMs / 1000));
  if (seconds < 120) return { key: 'age.seconds', values: { n: seconds } };
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return { key: 'age.minutes', values: { n: minutes } };
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return { key: 'age.hours', values: { h: hours, m: minutes % 60 } };
  return { key: 'age.days', values: { d: Math.floor(hours / 24), h: hours % 24 } };
}
