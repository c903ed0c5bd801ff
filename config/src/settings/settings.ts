import { isIP } from 'node:net';
import { Fault } from '@nigehban/domain/faults.ts';

/** Everything that can be set, validated and frozen. See `.env.example` for each one's meaning. */
export interface Settings {
  readonly host: string;
  readonly port: number;
  readonly dataFolder: string;
  /** Undefined: a PostgreSQL of our own in the data folder. */
  readonly databaseUrl: string | undefined;
  /** Undefined: a Redis of our own in the data folder. */
  readonly redisUrl: string | undefined;
  /** Undefined: made once and kept in the data folder. */
  readonly clusterKey: string | undefined;
  /** 32 bytes as 64 hex digits; undefined: made once and kept in the data folder. */
  readonly secretKey: string | undefined;
  /** Former keys, which only open what they sealed. */
  readonly oldSecretKeys: readonly string[];
  /** Whether two people approve a camera inside a polling station before its pictures are shown. */
  readonly viewApproval: 'required' | 'off';
  readonly serverUrl: string;
  readonly nodeId: string;
  readonly cookieSecure: boolean;
  /** Proxies that say whose requests they pass on (X-Forwarded-For), as addresses or networks. */
  readonly trustedProxies: readonly string[];
  /** Origins of the console besides the one that the Host header names. */
  readonly allowedOrigins: readonly string[];
  /** `/metrics` is given to programs on the server's machine without the cluster key. */
  readonly metricsOnLoopback: boolean;
  /** A statement of a report that takes longer is given up. */
  readonly reportWithinMs: number;
  readonly demoPassword: string | undefined;
  readonly logLevel: LogLevel;
  readonly media: {
    readonly host: string;
    readonly port: number;
    readonly footageUrl: string | undefined;
    /** One on each volume; empty: `footage` in the data folder. */
    readonly footageFolders: readonly string[];
    readonly segmentMs: number;
    readonly retention: RetentionSettings;
    /** Films of finished exports are kept so many days. */
    readonly exportKeepDays: number;
    readonly silentForMs: number;
    /** Engine processes; undefined: by the number of cameras and cores. */
    readonly processes: number | undefined;
  };
  readonly rtc: {
    /** Addresses that browsers are told; empty: every address of this machine. */
    readonly addresses: readonly string[];
    readonly minPort: number;
    readonly maxPort: number;
    readonly workers: number | undefined;
    readonly workerBin: string | undefined;
  };
}

/** What of the footage is kept; see `domain/src/retention.ts`. */
export interface RetentionSettings {
  readonly keepDays: number;
  /** Younger footage never goes, however full the disk is. */
  readonly minimumDays: number;
  readonly quotaBytes: number | null;
  /** Part of the disk that is to be free, 0 to 0.5. */
  readonly diskReserve: number;
}

export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the environment. Every bad value is named at once in one SETTING_INVALID; the offered
 * defaults (`hostname`) keep this pure.
 */
export function parseSettings(env: Environment, defaults: { hostname: string }): Settings {
  const problems: string[] = [];
  const text = (name: string): string | undefined => {
    const value = env[name]?.trim();
    return value === undefined || value === '' ? undefined : value;
  };
  const integer = (name: string, fallback: number, min: number, max: number): number => {
    const value = text(name);
    if (value === undefined) return fallback;
    const number = /^\d{1,10}$/.test(value) ? Number(value) : Number.NaN;
    if (number >= min && number <= max) return number;
    problems.push(`${name} must be a whole number from ${min} to ${max}`);
    return fallback;
  };
  const url = (name: string, protocols: readonly string[]): string | undefined => {
    const value = text(name);
    if (value === undefined) return undefined;
    if (URL.canParse(value) && protocols.includes(new URL(value).protocol)) return value;
    // The value may hold a password: it is not repeated.
    problems.push(
      `${name} must be a URL starting with ${protocols.map((p) => `${p}//`).join(' or ')}`,
    );
    return undefined;
  };
  const flag = (name: string): boolean => {
    const value = text(name);
    if (value === undefined || value === '0' || value === 'false') return false;
    if (value === '1' || value === 'true') return true;
    problems.push(`${name} must be 1 or 0`);
    return false;
  };

  const list = (name: string): readonly string[] =>
    (text(name) ?? '')
      .split(',')
      .map((one) => one.trim())
      .filter((one) => one !== '');

  const port = integer('NIGEHBAN_PORT', 8080, 1, 65_535);
  const mediaPort = integer('NIGEHBAN_MEDIA_PORT', 8090, 0, 65_535);
  const secretKey = text('NIGEHBAN_SECRET_KEY');
  if (secretKey !== undefined && !/^[0-9a-fA-F]{64}$/.test(secretKey)) {
    problems.push('NIGEHBAN_SECRET_KEY must be 64 hexadecimal digits');
  }
  const oldSecretKeys = list('NIGEHBAN_SECRET_KEYS_OLD');
  if (oldSecretKeys.some((key) => !/^[0-9a-fA-F]{64}$/.test(key))) {
    problems.push(
      'NIGEHBAN_SECRET_KEYS_OLD must be keys of 64 hexadecimal digits, comma separated',
    );
  }
  const viewApproval = text('NIGEHBAN_VIEW_APPROVAL') ?? 'required';
  if (viewApproval !== 'required' && viewApproval !== 'off') {
    problems.push('NIGEHBAN_VIEW_APPROVAL must be required or off');
  }
  const trustedProxies = list('NIGEHBAN_TRUSTED_PROXIES');
  if (!trustedProxies.every(isNetwork)) {
    problems.push(
      'NIGEHBAN_TRUSTED_PROXIES must be IP addresses or networks as 10.0.0.0/8, comma separated',
    );
  }
  const allowedOrigins = list('NIGEHBAN_ALLOWED_ORIGINS');
  if (!allowedOrigins.every(isOrigin)) {
    problems.push(
      'NIGEHBAN_ALLOWED_ORIGINS must be origins as https://console.example, comma separated',
    );
  }
  const clusterKey = text('NIGEHBAN_CLUSTER_KEY');
  if (clusterKey !== undefined && clusterKey.length < 16) {
    problems.push('NIGEHBAN_CLUSTER_KEY must have at least 16 characters');
  }
  const nodeId = text('NIGEHBAN_NODE_ID') ?? defaults.hostname;
  if (!/^[A-Za-z0-9._-]{1,64}$/.test(nodeId)) {
    problems.push('NIGEHBAN_NODE_ID must be 1 to 64 letters, digits, dots, dashes or underscores');
  }
  const logLevel = text('NIGEHBAN_LOG_LEVEL') ?? 'info';
  if (!isLogLevel(logLevel))
    problems.push(`NIGEHBAN_LOG_LEVEL must be one of ${logLevels.join(', ')}`);
  const range = parsePortRange(text('NIGEHBAN_RTC_PORTS') ?? '40000-40999');
  if (range === undefined) problems.push('NIGEHBAN_RTC_PORTS must be two ports as 40000-40999');
  const workers = integer('NIGEHBAN_RTC_WORKERS', 0, 0, 128);

  const keepDays = integer('NIGEHBAN_RETENTION_DAYS', 365, 1, 36_500);
  const minimumDays = integer('NIGEHBAN_RETENTION_MINIMUM_DAYS', Math.min(30, keepDays), 1, 36_500);
  if (minimumDays > keepDays) {
    problems.push('NIGEHBAN_RETENTION_MINIMUM_DAYS must not be above NIGEHBAN_RETENTION_DAYS');
  }
  const quotaGb = integer('NIGEHBAN_FOOTAGE_QUOTA_GB', 0, 0, 10_000_000);
  const processes = integer('NIGEHBAN_MEDIA_PROCESSES', 0, 0, 64);
  const footageFolders = list('NIGEHBAN_FOOTAGE').map((one) => one.replace(/(?<=.)\/+$/, ''));
  if (new Set(footageFolders).size < footageFolders.length || hasNested(footageFolders)) {
    problems.push('NIGEHBAN_FOOTAGE must be folders apart from each other');
  }

  const settings: Settings = {
    host: text('NIGEHBAN_HOST') ?? '127.0.0.1',
    port,
    dataFolder: text('NIGEHBAN_DATA') ?? './data',
    databaseUrl: url('DATABASE_URL', ['postgres:', 'postgresql:']),
    redisUrl: url('REDIS_URL', ['redis:', 'rediss:']),
    clusterKey,
    secretKey,
    oldSecretKeys,
    viewApproval: viewApproval === 'off' ? 'off' : 'required',
    serverUrl: url('NIGEHBAN_SERVER_URL', ['http:', 'https:']) ?? `http://127.0.0.1:${port}`,
    nodeId,
    cookieSecure: flag('NIGEHBAN_COOKIE_SECURE'),
    trustedProxies,
    allowedOrigins,
    metricsOnLoopback: flag('NIGEHBAN_METRICS_ON_LOOPBACK'),
    reportWithinMs: integer('NIGEHBAN_REPORT_SECONDS', 60, 1, 3_600) * 1_000,
    demoPassword: text('NIGEHBAN_DEMO_PASSWORD'),
    logLevel: isLogLevel(logLevel) ? logLevel : 'info',
    media: {
      host: text('NIGEHBAN_MEDIA_HOST') ?? '127.0.0.1',
      port: mediaPort,
      footageUrl: url('NIGEHBAN_FOOTAGE_URL', ['http:', 'https:']),
      footageFolders,
      segmentMs: integer('NIGEHBAN_SEGMENT_SECONDS', 60, 2, 300) * 1000,
      retention: {
        keepDays,
        minimumDays,
        quotaBytes: quotaGb === 0 ? null : quotaGb * 1e9,
        diskReserve: integer('NIGEHBAN_DISK_RESERVE', 5, 1, 50) / 100,
      },
      exportKeepDays: integer('NIGEHBAN_EXPORT_KEEP_DAYS', 7, 1, 3_650),
      silentForMs: integer('NIGEHBAN_SILENT_AFTER_MS', 5_000, 1_000, 60_000),
      processes: processes === 0 ? undefined : processes,
    },
    rtc: {
      addresses: list('NIGEHBAN_RTC_ADDRESS'),
      minPort: range?.[0] ?? 40_000,
      maxPort: range?.[1] ?? 40_999,
      workers: workers === 0 ? undefined : workers,
      workerBin: text('MEDIASOUP_WORKER_BIN'),
    },
  };
  if (problems.length > 0) throw new Fault('SETTING_INVALID', problems.join('; '));
  return deepFreeze(settings);
}

/** One inside another would take its cameras for its own. */
function hasNested(folders: readonly string[]): boolean {
  return folders.some((folder) => folders.some((other) => other.startsWith(`${folder}/`)));
}

function isNetwork(value: string): boolean {
  const [address = '', bits] = value.split('/');
  const version = isIP(address);
  if (version === 0) return false;
  return (
    bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128))
  );
}

function isOrigin(value: string): boolean {
  return /^https?:/.test(value) && URL.canParse(value) && new URL(value).origin === value;
}

function isLogLevel(value: string): value is LogLevel {
  return (logLevels as readonly string[]).includes(value);
}

function parsePortRange(text: string): [number, number] | undefined {
  const match = /^(\d{1,5})-(\d{1,5})$/.exec(text);
  if (match === null) return undefined;
  const [min, max] = [Number(match[1]), Number(match[2])];
  return min >= 1024 && max <= 65_535 && min < max ? [min, max] : undefined;
}

function deepFreeze<T extends object>(value: T): T {
  for (const inner of Object.values(value)) {
    if (typeof inner === 'object' && inner !== null) deepFreeze(inner);
  }
  return Object.freeze(value);
}
