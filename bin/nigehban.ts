#!/usr/bin/env node
import { mkdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@nigehban/config/log/logger.ts';
import { parseSettings, type Settings } from '@nigehban/config/settings/settings.ts';
import { Fault, faultCatalogue } from '@nigehban/domain/faults.ts';
import { type Command, parseCommand, usage } from './cli-arguments.ts';
import { runCameraTool, runReseal } from './commands/camera-tools.ts';
import { runVerifyAudit } from './commands/check-audit.ts';
import { runReindex, runVerifyCommand } from './commands/check-footage.ts';
import { runImportDistricts } from './commands/import-districts.ts';
import { runImport } from './commands/import-plan.ts';
import { runAll } from './commands/run-all.ts';
import { startGatewayNode } from './gateway-node.ts';
import { startMediaNode } from './media-node/media-node.ts';
import { secretsOf } from './secrets-of-node.ts';
import { startServerNode } from './server-node.ts';
import type { Stoppable } from './stoppables.ts';
import { version } from './version.ts';

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

type RoleCommand = Extract<Command, { kind: 'all' | 'server' | 'gateway' | 'media' }>;

async function startRoles(command: RoleCommand, settings: Settings): Promise<Stoppable> {
  mkdirSync(settings.dataFolder, { recursive: true });
  // A person at a terminal reads what is said; the log is for looking things up.
  const logFile =
    command.kind === 'all' && process.stdout.isTTY
      ? join(settings.dataFolder, 'nigehban.log')
      : undefined;
  if (logFile !== undefined) say(`log: ${logFile}`);
  const log = createLogger(settings.logLevel, command.kind, logFile);
  if (command.kind === 'all') return runAll(command, settings, log, say);
  const secrets = secretsOf(settings);
  if (command.kind === 'gateway') {
    const { redisUrl } = settings;
    return startGatewayNode({ settings, redisUrl, ...secrets, log, version });
  }
  const databaseUrl = required(settings.databaseUrl, 'DATABASE_URL', command.kind);
  if (command.kind === 'media') {
    return startMediaNode({ settings, ...secrets, databaseUrl, log, version });
  }
  const redisUrl = required(settings.redisUrl, 'REDIS_URL', command.kind);
  return startServerNode({ settings, ...secrets, databaseUrl, redisUrl, log });
}

function required(value: string | undefined, name: string, role: string): string {
  if (value !== undefined) return value;
  throw new Fault('SETTING_INVALID', `${name} must be set for the role ${role}`);
}

/** Runs until SIGINT or SIGTERM, then stops in order; a second signal ends at once. */
async function untilStopped(running: Stoppable): Promise<void> {
  await new Promise<void>((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });
  say('stopping …');
  process.once('SIGINT', () => process.exit(130));
  await running.stop();
  say('stopped');
}

async function main(): Promise<void> {
  const command = parseCommand(process.argv.slice(2));
  if (command.kind === 'help') {
    say(usage);
    return;
  }
  if (command.kind === 'import') {
    if (!(await runImport(command, process.env, say))) process.exitCode = 1;
    return;
  }
  if (command.kind === 'import-districts') {
    if (!(await runImportDistricts(command, process.env, say))) process.exitCode = 1;
    return;
  }
  if (command.kind === 'camera') {
    if (!(await runCameraTool(command, process.env, say))) process.exitCode = 1;
    return;
  }
  if (command.kind === 'reseal') {
    if (!(await runReseal(command, process.env, say))) process.exitCode = 1;
    return;
  }
  const settings = parseSettings(process.env, { hostname: hostname() });
  switch (command.kind) {
    case 'verify':
      if (!(await runVerifyCommand(settings, command, say))) process.exitCode = 1;
      return;
    case 'verify-audit':
      if (!(await runVerifyAudit(settings, command.head, say))) process.exitCode = 1;
      return;
    case 'reindex':
      await runReindex(settings, command.footage, say);
      return;
    case 'all':
    case 'server':
    case 'gateway':
    case 'media':
      await untilStopped(await startRoles(command, settings));
  }
}

main().then(
  () => process.exit(),
  (error: unknown) => {
    if (error instanceof Fault) {
      process.stderr.write(
        `${error.code}: ${error.message}\n${faultCatalogue[error.code].nextAction}\n`,
      );
    } else {
      process.stderr.write(
        `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
      );
    }
    process.exit(1);
  },
);
