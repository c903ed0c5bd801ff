import { type Logger, pino } from 'pino';
import type { LogLevel } from '../settings/settings.ts';

export type { Logger } from 'pino';

/** Fields that never reach a log, at any of the depths our log calls use. */
const secretFields = ['password', 'credentials', 'authorization', 'cookie', 'token', 'clusterKey'];

/**
 * JSON lines in `file`, or on standard error (so that standard output stays for people), with
 * credentials removed by name. URLs are logged without user info by those who hold them.
 */
export function createLogger(level: LogLevel, name: string, file?: string): Logger {
  return pino(
    {
      name,
      level,
      redact: {
        paths: secretFields.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]),
        censor: '[removed]',
      },
    },
    pino.destination(
      file === undefined ? { fd: 2, sync: false } : { dest: file, mkdir: true, sync: false },
    ),
  );
}
