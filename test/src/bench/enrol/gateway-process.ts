import { defaultGatewaySettings, startGateway } from '@nigehban/camera-gateway/start-gateway.ts';
import { systemClock } from '@nigehban/config/clock/clock.ts';
import { startNodeLink } from '@nigehban/config/link/node-link.ts';
import { createLogger } from '@nigehban/config/log/logger.ts';

/** A camera gateway as a process of its own: `gateway-process.ts SERVER_URL CLUSTER_KEY`. */
async function main(): Promise<void> {
  const [serverUrl = '', clusterKey = ''] = process.argv.slice(2);
  const log = createLogger('silent', 'bench');
  const link = startNodeLink({
    serverUrl,
    clusterKey,
    clock: systemClock,
    random: Math.random,
    log,
    hello: () => ({
      role: 'gateway',
      nodeId: 'gateway-bench',
      version: 'bench',
      startedAtMs: Date.now(),
      footageUrl: null,
      snapshot: [],
    }),
  });
  const gateway = await startGateway(defaultGatewaySettings, { link, clock: systemClock, log });
  process.stdin.resume().once('end', () => {
    void Promise.all([gateway.stop(), link.stop()]).then(() => process.exit(0));
  });
}

main().catch((error: unknown) => {
  process.stderr.write(`the gateway cannot start: ${String(error)}\n`);
  process.exit(1);
});
