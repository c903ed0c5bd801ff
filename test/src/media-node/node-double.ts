import { readFileSync } from 'node:fs';
import { createLogger } from '@nigehban/config/log/logger.ts';
import type { StreamOrder } from '@nigehban/domain/link-messages.ts';
import { startEngineFleet } from '../../../bin/media-node/engine-fleet.ts';
import { engineSettings } from './engine-settings.ts';

/** A process that holds an engine fleet, to be killed: footage folders (comma separated), note file, orders file, first port. */
const [folder = '', processFile = '', ordersFile = '', firstPort = ''] = process.argv.slice(2);
const engine = await startEngineFleet(
  {
    settings: engineSettings(folder.split(','), 2, Number(firstPort)),
    logLevel: 'warn',
    processFile,
  },
  { log: createLogger('warn', 'double'), tell: () => {}, onEntry: () => {} },
);
engine.apply(JSON.parse(readFileSync(ordersFile, 'utf8')) as StreamOrder[]);
process.stdout.write(`${JSON.stringify(engine.pids())}\n`);
