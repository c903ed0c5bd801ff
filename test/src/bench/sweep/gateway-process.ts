import { defaultGatewaySettings, startGateway } from '@nigehban/camera-gateway/start-gateway.ts';
import { createLogger } from '@nigehban/config/log/logger.ts';
import type { WatchFact } from '@nigehban/domain/watch-orders.ts';
import { ordersFor } from './simulated-cameras.ts';
import type { GatewayCommand, GatewayReport } from './sweep-protocol.ts';

/** The product's gateway with nothing behind its link but this bench. Arguments: Redis, prefix, name. */
const [redisUrl = '', leasePrefix = '', nodeId = ''] = process.argv.slice(2);

function report(value: GatewayReport): void {
  process.send?.(value);
}

function tell(facts: readonly WatchFact[]): void {
  const idsOf = (kind: WatchFact['kind']) =>
    facts.filter((fact) => fact.kind === kind).map((fact) => fact.cameraId);
  const atMs = Date.now();
  const [lost, answered] = [idsOf('camera-lost'), idsOf('camera-answered')];
  if (lost.length > 0) report({ kind: 'lost', cameras: lost, atMs });
  if (answered.length > 0) report({ kind: 'answered', cameras: answered, atMs });
}

const gateway = await startGateway(
  { ...defaultGatewaySettings, redisUrl, leasePrefix, nodeId },
  {
    link: { handle: () => {}, sendFacts: tell },
    log: createLogger((process.env.BENCH_LOG ?? 'warn') as 'warn', nodeId),
  },
);

process.on('message', (command: GatewayCommand) => {
  if (command.kind === 'status') {
    report({ kind: 'status', status: gateway.sweepStatus() });
    return;
  }
  const { cameras, port, blackHolePort, periodMs } = command;
  gateway.acceptWatch({
    type: 'watch',
    version: 1,
    policy: { sweepEveryMs: periodMs, viewEveryMs: 0 },
    orders: ordersFor(cameras, port, blackHolePort),
  });
});
process.on('disconnect', () => process.exit());
report({ kind: 'ready' });
