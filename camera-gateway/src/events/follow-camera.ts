import { setMaxListeners } from 'node:events';
import type { Clock } from '@nigehban/config/clock/clock.ts';
import { Fault, type FaultCode } from '@nigehban/domain/faults.ts';
import type { WatchFact, WatchOrder } from '@nigehban/domain/watch-orders.ts';
import type { RandomBytes } from '../onvif/camera-access.ts';
import { startDeadline } from '../onvif/deadline.ts';
import { discoverServices, readClockOffset } from '../onvif/device-operations.ts';
import {
  createPullPoint,
  type PullPoint,
  pullMessages,
  renewPullPoint,
  unsubscribe,
} from '../onvif/event-operations.ts';
import { createOnvifClient, type OnvifClient } from '../onvif/onvif-client.ts';
import type { CameraWork } from '../probe/camera-work.ts';
import type { RefusedCredentials } from '../probe/refused-credentials.ts';
import { createEventStates } from './event-states.ts';
import { readNotification } from './notification.ts';

export interface FollowPorts {
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  /** 0 to 1: spreads the returns of cameras that went together. */
  readonly random: () => number;
  readonly refused: RefusedCredentials;
  /** Short exchanges with many cameras, and those that wait at the camera. */
  readonly calls: CameraWork;
  readonly polls: CameraWork;
  readonly sendFacts: (facts: readonly WatchFact[]) => void;
}

export interface FollowedCamera {
  readonly order: WatchOrder;
  /** What is active at the moment. */
  standing(): readonly WatchFact[];
  /** True while a subscription stands. */
  subscribed(): boolean;
  /** Ends the subscription at the camera, as far as it can be reached. */
  stop(): Promise<void>;
}

const connectTimeoutMs = 3_000;
const callTimeoutMs = 8_000;
/** How long the camera is asked to keep the pull point: it forgets us by itself when we are gone. */
const keepForMs = 180_000;
const renewBelowMs = 75_000;
const pollMs = 20_000;
/** When others wait for their turn, each is asked only for what it has already. */
const crowdedPollMs = 1_000;
const pollSlackMs = 8_000;
/** A camera that answers at once although it was asked to wait is not asked in a tight loop. */
const idleGapMs = 4_000;
const retryMs = { first: 2_000, last: 5 * 60_000 };
const unsupportedRestMs = 6 * 60 * 60_000;
/** A wrong password is tried once a day. */
const refusedRestMs = 24 * 60 * 60_000;

/**
 * Follows the events of one camera until stopped: subscribes, pulls, renews before the end, and
 * subscribes anew, ever more slowly, when the camera restarts, forgets or fails.
 */
export function followCamera(
  order: WatchOrder,
  startAfterMs: number,
  ports: FollowPorts,
): FollowedCamera {
  const { clock } = ports;
  const stopping = new AbortController();
  setMaxListeners(0, stopping.signal);
  const states = createEventStates(order.cameraId);
  let subscribed = false;
  let turns = 0;

  /** Runs in its turn; each use is a work of its own. */
  const inTurn = <T>(queue: CameraWork, work: () => Promise<T>): Promise<T> => {
    turns += 1;
    return queue.run(`${order.cameraId} ${turns}`, work);
  };
  const call = <T>(work: (deadline: ReturnType<typeof startDeadline>) => Promise<T>): Promise<T> =>
    inTurn(ports.calls, () => work(startDeadline(clock, callTimeoutMs, stopping.signal)));
  const tell = (facts: readonly WatchFact[]): void => {
    if (facts.length > 0 && !stopping.signal.aborted) ports.sendFacts(facts);
  };

  const subscribe = async (): Promise<{ client: OnvifClient; pullPoint: PullPoint }> => {
    const { endpoint, credentials } = order;
    if (credentials !== null && ports.refused.has(endpoint, credentials)) {
      throw new Fault('CAMERA_AUTH_REFUSED', 'The camera refused these credentials before');
    }
    const { randomBytes } = ports;
    const client = createOnvifClient({
      endpoint,
      credentials,
      clock,
      randomBytes,
      connectTimeoutMs,
      // A password that is being changed is not offered any more by a pull that goes on.
      heldBack: () => credentials !== null && ports.refused.has(endpoint, credentials),
    });
    try {
      const pullPoint = await call(async (deadline) => {
        await readClockOffset(client, deadline);
        await discoverServices(client, deadline);
        return createPullPoint(client, keepForMs, deadline);
      });
      return { client, pullPoint };
    } finally {
      if (credentials !== null && client.credentialsRefused()) {
        ports.refused.add(endpoint, credentials);
      }
    }
  };

  /** Pulls until something fails or the watch stops. */
  const pull = async (client: OnvifClient, pullPoint: PullPoint): Promise<void> => {
    let endsAtMs = clock.nowMs() + pullPoint.keptForMs;
    let renewable = true;
    while (!stopping.signal.aborted) {
      const leftMs = endsAtMs - clock.nowMs();
      if (leftMs < Math.min(renewBelowMs, pullPoint.keptForMs / 2) && renewable) {
        try {
          const keptMs = await call((deadline) =>
            renewPullPoint(client, pullPoint, keepForMs, deadline),
          );
          endsAtMs = clock.nowMs() + keptMs;
        } catch (thrown) {
          if (codeOf(thrown) !== 'CAMERA_OPERATION_UNSUPPORTED') throw thrown;
          // Such cameras prolong it with each pull, or tell that it is over.
          renewable = false;
        }
        continue;
      }
      const askedMs = clock.nowMs();
      const { messages, keptForMs } = await inTurn(ports.polls, () => {
        const waitMs = ports.polls.size > ports.polls.parallel ? crowdedPollMs : pollMs;
        const deadline = startDeadline(clock, waitMs + pollSlackMs, stopping.signal);
        return pullMessages(client, pullPoint, waitMs, deadline);
      });
      const nowMs = clock.nowMs();
      if (keptForMs !== null) endsAtMs = nowMs + keptForMs;
      tell(
        states.take(
          messages.flatMap((message) => readNotification(message) ?? []),
          nowMs,
        ),
      );
      tell(states.settle(nowMs));
      if (messages.length === 0 && nowMs - askedMs < idleGapMs / 2) await pause(idleGapMs);
    }
  };

  const pause = (delayMs: number): Promise<void> =>
    new Promise((resolve) => {
      const done = (): void => {
        cancel();
        stopping.signal.removeEventListener('abort', done);
        resolve();
      };
      const cancel = clock.after(delayMs, done);
      stopping.signal.addEventListener('abort', done);
      if (stopping.signal.aborted) done();
    });

  const follow = async (): Promise<void> => {
    await pause(startAfterMs);
    let failures = 0;
    while (!stopping.signal.aborted) {
      try {
        const { client, pullPoint } = await subscribe();
        subscribed = true;
        states.renewed(clock.nowMs());
        const sinceMs = clock.nowMs();
        try {
          await pull(client, pullPoint);
        } catch (thrown) {
          // It was accepted before: the password was changed. No other work is to offer it.
          if (codeOf(thrown) === 'CAMERA_AUTH_REFUSED' && order.credentials !== null) {
            ports.refused.add(order.endpoint, order.credentials);
          }
          throw thrown;
        } finally {
          subscribed = false;
          if (clock.nowMs() - sinceMs > pollMs) failures = 0;
          // The camera has few pull points: one that we leave behind is one that others lack.
          await inTurn(ports.calls, () =>
            unsubscribe(client, pullPoint, startDeadline(clock, connectTimeoutMs)),
          ).catch(() => {});
        }
      } catch (thrown) {
        if (stopping.signal.aborted) return;
        failures += 1;
        await pause(restOf(codeOf(thrown), failures, ports.random()));
        tell(states.settle(clock.nowMs()));
      }
    }
  };

  const ended = follow();
  return {
    order,
    standing: () => states.standing(),
    subscribed: () => subscribed,
    async stop() {
      stopping.abort();
      await ended;
    },
  };
}

function codeOf(thrown: unknown): FaultCode {
  return thrown instanceof Fault ? thrown.code : 'INTERNAL';
}

/** Up to a half more or less, so that cameras of one power cut do not come back at one moment. */
function restOf(code: FaultCode, failures: number, random: number): number {
  const restMs =
    code === 'CAMERA_AUTH_REFUSED'
      ? refusedRestMs
      : code === 'CAMERA_OPERATION_UNSUPPORTED'
        ? unsupportedRestMs
        : Math.min(retryMs.last, retryMs.first * 2 ** Math.min(failures - 1, 16));
  return code === 'CAMERA_AUTH_REFUSED' ? restMs : restMs * (0.5 + random);
}
