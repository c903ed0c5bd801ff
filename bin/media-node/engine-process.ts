import { createLogger, type Logger } from '@nigehban/config/log/logger.ts';
import { Fault, toFaultMessage } from '@nigehban/domain/faults.ts';
import {
  type EngineMethod,
  type EngineMethods,
  type EngineOrder,
  type EngineReport,
  pulseEveryMs,
} from './engine-messages.ts';
import { type MediaEngine, startEngine } from './media-engine.ts';

/** The program of a media node's engine process; forked by `engine-slot.ts`, spoken to over IPC. */

/** Longer than the disk needs to take what is queued; then the footage is left to the repair. */
const endWithinMs = 15_000;

type Start = Extract<EngineOrder, { kind: 'start' }>;
type Call = Extract<EngineOrder, { kind: 'call' }>;

function report(message: EngineReport): void {
  // A node that is gone needs no reports; 'disconnect' ends this process.
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
}

function logOf(order: Start): Logger {
  return createLogger(order.logLevel, 'media').child({ engine: process.pid });
}

async function run(order: Start): Promise<{ engine: MediaEngine; log: Logger }> {
  const log = logOf(order);
  const engine = await startEngine(order.settings, {
    log,
    tell: (facts) => report({ kind: 'facts', facts }),
    onEntry: (entry) => report({ kind: 'entry', entry }),
  });
  return { engine, log };
}

function methodsOf(engine: MediaEngine): {
  readonly [M in EngineMethod]: (
    params: EngineMethods[M][0],
  ) => EngineMethods[M][1] | Promise<EngineMethods[M][1]>;
} {
  return {
    ...engine.live,
    'open-segment': (cameraId) => engine.openSegment(cameraId),
    heads: () => engine.heads(),
  };
}

async function answer(engine: MediaEngine, log: Logger, call: Call): Promise<void> {
  const { id, method } = call;
  try {
    const result = await methodsOf(engine)[method](call.params as never);
    report({ kind: 'reply', id, result });
  } catch (thrown) {
    if (!(thrown instanceof Fault)) log.error({ err: thrown, method }, 'a request failed inside');
    report({ kind: 'refusal', id, fault: toFaultMessage(thrown) });
  }
}

function main(): void {
  let running: ReturnType<typeof run> | undefined;
  let ending = false;

  const end = (): void => {
    if (ending) return;
    ending = true;
    setTimeout(() => process.exit(1), endWithinMs);
    (running ?? Promise.resolve(undefined))
      .then((started) => started?.engine.stop())
      .then(
        () => process.exit(0),
        () => process.exit(1),
      );
  };

  // The node's log says why a process ended, not only that it did. It cannot be trusted any more.
  process.on('uncaughtException', (error) => {
    createLogger('error', 'media').child({ engine: process.pid }).fatal({ err: error }, 'it ends');
    process.exit(1);
  });
  // Ctrl-C reaches all processes of a terminal; the node says when to end, or is gone.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => {});
  process.on('disconnect', end);
  process.on('message', (message: EngineOrder) => {
    switch (message.kind) {
      case 'start':
        running = run(message);
        running.then(
          () => report({ kind: 'ready' }),
          (error: unknown) => {
            if (!(error instanceof Fault)) logOf(message).error({ err: error }, 'no start');
            report({ kind: 'failed', fault: toFaultMessage(error) });
            end();
          },
        );
        return;
      case 'orders':
        running?.then(
          ({ engine }) => engine.apply(message.orders),
          () => {},
        );
        return;
      case 'call':
        running?.then(
          ({ engine, log }) => answer(engine, log, message),
          () => {},
        );
        return;
      case 'stop':
        end();
    }
  });
  setInterval(() => report({ kind: 'pulse' }), pulseEveryMs);
}

main();
