import { networkInterfaces } from 'node:os';
import {
  defaultGatewaySettings,
  type RunningGateway,
  startGateway,
} from '@nigehban/camera-gateway/start-gateway.ts';
import { systemClock } from '@nigehban/config/clock/clock.ts';
import { startNodeLink } from '@nigehban/config/link/node-link.ts';
import type { Logger } from '@nigehban/config/log/logger.ts';
import type { Settings } from '@nigehban/config/settings/settings.ts';
import { createStoppables, type Stoppable } from './stoppables.ts';

/**
 * A camera gateway: ONVIF behind the link. Dials the server until it answers. With a Redis it shares
 * the watched cameras with the other gateways; without one it watches all.
 */
export async function startGatewayNode(options: {
  readonly settings: Settings;
  readonly redisUrl: string | undefined;
  readonly clusterKey: string;
  readonly log: Logger;
  readonly version: string;
}): Promise<Stoppable> {
  const { settings, redisUrl, clusterKey, log, version } = options;
  const parts = createStoppables();
  let gateway: RunningGateway | undefined;
  const startedAtMs = Date.now();
  const link = startNodeLink({
    serverUrl: settings.serverUrl,
    clusterKey,
    clock: systemClock,
    random: Math.random,
    log,
    hello: () => ({
      role: 'gateway',
      nodeId: settings.nodeId,
      version,
      startedAtMs,
      footageUrl: null,
      snapshot: gateway?.snapshot() ?? [],
    }),
    onWatch: (message) => gateway?.acceptWatch(message),
  });
  const multicastInterfaces = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter((address) => address.family === 'IPv4')
    .map((address) => address.address);
  const { discovery } = defaultGatewaySettings;
  gateway = await startGateway(
    {
      ...defaultGatewaySettings,
      discovery: { ...discovery, multicastInterfaces },
      redisUrl,
      nodeId: settings.nodeId,
    },
    { link, clock: systemClock, log },
  );
  parts.add(gateway);
  parts.add(link);
  return parts;
}
