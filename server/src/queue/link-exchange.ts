import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { Logger } from '@nigehban/config/log/logger.ts';
import {
  Fault,
  type FaultMessage,
  fromFaultMessage,
  toFaultMessage,
} from '@nigehban/domain/faults.ts';
import type { LinkMethod, LinkRole, NodeFact } from '@nigehban/domain/link-messages.ts';
import { openRedisPair } from './redis-pair.ts';

/** A node whose link is held by another server process. */
export interface RemoteNode {
  readonly role: LinkRole;
  readonly nodeId: string;
  readonly serverId: string;
}

/** A question for a node, on its way to the process that holds the node's link. */
export interface LinkCall {
  readonly role: LinkRole;
  readonly nodeId: string;
  readonly method: LinkMethod;
  readonly params: unknown;
  readonly timeoutMs: number;
}

type ClosedFact = Extract<NodeFact, { kind: 'live-closed' }>;

/**
 * Server processes tell each other which nodes are linked to them, and pass on questions and ended
 * live views. Nothing is kept in Redis: who restarts, or a Redis that was emptied, is up to date after
 * one beat.
 */
export interface LinkExchange {
  others(role: LinkRole): readonly RemoteNode[];
  /** @throws the node's own Fault; NODE_UNAVAILABLE or GATEWAY_UNAVAILABLE when nobody answers in time */
  call(serverId: string, call: LinkCall): Promise<unknown>;
  /** What is linked here changed: tells it at once. */
  changed(): void;
  liveClosed(nodeId: string, fact: ClosedFact): void;
  stop(): Promise<void>;
}

type Message =
  | {
      readonly type: 'linked';
      readonly serverId: string;
      readonly nodes: readonly (readonly [LinkRole, string])[];
    }
  | {
      readonly type: 'live-closed';
      readonly serverId: string;
      readonly nodeId: string;
      readonly fact: ClosedFact;
    }
  | { readonly type: 'call'; readonly id: number; readonly from: string; readonly call: LinkCall }
  | { readonly type: 'answer'; readonly id: number; readonly result: unknown }
  | { readonly type: 'answer'; readonly id: number; readonly fault: FaultMessage };

const beatEveryMs = 2_000;
const forgottenAfterMs = 3 * beatEveryMs + 1_000;

export function openLinkExchange(options: {
  readonly redisUrl: string;
  readonly prefix: string;
  readonly serverId: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly linkedHere: () => readonly { readonly role: LinkRole; readonly nodeId: string }[];
  /** Asks a node that is linked here. */
  readonly answer: (call: LinkCall) => Promise<unknown>;
  readonly onLiveClosed: (nodeId: string, fact: ClosedFact) => void;
}): LinkExchange {
  const { clock, log, serverId } = options;
  const common = `${options.prefix}:links`;
  const channelOf = (id: string) => `${options.prefix}:link:${id}`;
  const redis = openRedisPair(options.redisUrl);
  const { sender, receiver } = redis;
  const heard = new Map<string, { readonly nodes: readonly RemoteNode[]; readonly atMs: number }>();
  const waiting = new Map<number, (answer: Extract<Message, { type: 'answer' }>) => void>();
  let nextId = 1;
  let stopped = false;
  let cancelBeat = () => {};

  const publish = async (channel: string, message: Message): Promise<number> => {
    try {
      return await sender.publish(channel, JSON.stringify(message));
    } catch {
      return 0;
    }
  };
  const beat = () => {
    cancelBeat();
    if (stopped) return;
    const nodes = options.linkedHere().map(({ role, nodeId }) => [role, nodeId] as const);
    void publish(common, { type: 'linked', serverId, nodes });
    cancelBeat = clock.after(beatEveryMs, beat);
  };
  const answer = async (id: number, from: string, call: LinkCall) => {
    const said: Message = await options.answer(call).then(
      (result) => ({ type: 'answer', id, result }) as const,
      (thrown: unknown) => ({ type: 'answer', id, fault: toFaultMessage(thrown) }) as const,
    );
    await publish(channelOf(from), said);
  };

  receiver.subscribe(common, channelOf(serverId)).then(beat, (error: unknown) => {
    if (!stopped) log.debug({ err: error }, 'other server processes cannot be heard');
  });
  sender.on('ready', beat);
  receiver.on('message', (_channel: string, text: string) => {
    // Only our own processes write there.
    const message = JSON.parse(text) as Message;
    switch (message.type) {
      case 'linked': {
        if (message.serverId === serverId) return;
        const nodes = message.nodes.map(([role, nodeId]) => ({
          role,
          nodeId,
          serverId: message.serverId,
        }));
        heard.set(message.serverId, { nodes, atMs: clock.monotonicMs() });
        return;
      }
      case 'live-closed':
        if (message.serverId !== serverId) options.onLiveClosed(message.nodeId, message.fact);
        return;
      case 'call':
        void answer(message.id, message.from, message.call);
        return;
      case 'answer':
        waiting.get(message.id)?.(message);
        return;
    }
  });

  const unavailable = (call: LinkCall, what: string) =>
    new Fault(
      call.role === 'gateway' ? 'GATEWAY_UNAVAILABLE' : 'NODE_UNAVAILABLE',
      `${call.nodeId} ${what}`,
    );

  return {
    others(role) {
      const nowMs = clock.monotonicMs();
      for (const [id, { atMs }] of heard) {
        if (nowMs - atMs > forgottenAfterMs) heard.delete(id);
      }
      return [...heard.values()].flatMap(({ nodes }) => nodes.filter((node) => node.role === role));
    },
    call(target, call) {
      const id = nextId++;
      return new Promise((resolve, reject) => {
        const end = () => {
          waiting.delete(id);
          cancel();
        };
        // The asked process knows the deadline too; this is for one that dies meanwhile.
        const cancel = clock.after(call.timeoutMs + 1_000, () => {
          end();
          reject(unavailable(call, 'does not answer through another server process'));
        });
        waiting.set(id, (said) => {
          end();
          if ('fault' in said) reject(fromFaultMessage(said.fault));
          else resolve(said.result);
        });
        void publish(channelOf(target), { type: 'call', id, from: serverId, call }).then(
          (heardBy) => {
            if (heardBy > 0 || !waiting.has(id)) return;
            end();
            heard.delete(target);
            reject(unavailable(call, 'was linked to a server process that is gone'));
          },
        );
      });
    },
    changed: beat,
    liveClosed(nodeId, fact) {
      void publish(common, { type: 'live-closed', serverId, nodeId, fact });
    },
    async stop() {
      stopped = true;
      cancelBeat();
      await publish(common, { type: 'linked', serverId, nodes: [] });
      redis.disconnect();
    },
  };
}
