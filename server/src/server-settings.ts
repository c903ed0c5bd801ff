import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { Logger } from '@nigehban/config/log/logger.ts';
import type { SecretKey } from '@nigehban/config/secrets/key-ring.ts';
import type { ViewApprovalPolicy } from '@nigehban/domain/view-approval.ts';

/** What the server is told from outside. */
export interface ServerSettings {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly databaseUrl: string;
  readonly redisUrl: string;
  /** Shared by the server and its nodes; sent as a bearer token on the link. */
  readonly clusterKey: string;
  /** 32 bytes that seal camera credentials (AES-256-GCM), with former keys where there are any. */
  readonly secretKey: SecretKey;
  /** Folder of the built console; null: none is served. */
  readonly webRoot: string | null;
  /** The console is reached by https: its cookie is never sent otherwise. */
  readonly cookieSecure: boolean;
  readonly version: string;
  /** Further origins of the console, as `https://console.example`, when a proxy changes the Host. */
  readonly allowedOrigins?: readonly string[];
  /** Sessions end after this. */
  readonly sessionForMs?: number;
  /** Proxies whose X-Forwarded-For is believed, as fastify's `trustProxy`. */
  readonly trustProxy?: boolean | string;
  /** `/metrics` is also given without the cluster key to programs on this machine. */
  readonly metricsOnLoopback?: boolean;
  /** Requests of one address in a minute. */
  readonly requestsPerMinute?: number;
  /** Cameras of a media node go to another one when its link is gone for this long. */
  readonly nodeLeaseMs?: number;
  /** Names of our queues in Redis begin so. */
  readonly queuePrefix?: string;
  /** districts: code,district,division,lat,lon,…,ur — loaded where the code is new. */
  readonly districtsFile?: string;
  /** Whether views inside polling stations need approval; default: they do. */
  readonly viewApproval?: ViewApprovalPolicy;
  /** A statement of a report that takes longer is given up. */
  readonly reportWithinMs?: number;
  /** Unregistered cameras are tried again after this, then less often. */
  readonly registrationRetryMs?: number;
}

export interface ServerPorts {
  readonly clock: Clock;
  readonly log: Logger;
}
