import { Fault } from '@nigehban/domain/faults.ts';
import type { LinkMethod, LinkMethods, LinkRole } from '@nigehban/domain/link-messages.ts';
import type { LinkCall, LinkExchange } from '../queue/link-exchange.ts';
import type { LinkServer } from './link-server.ts';
import type { RequestGateway, RequestNode } from './node-requests.ts';

/** The nodes of all server processes as if they were linked here. */
export interface LinkedAnywhere {
  isLinked(role: LinkRole, nodeId: string): boolean;
  anyLinked(role: LinkRole): boolean;
  /** @throws Fault NODE_UNAVAILABLE when it is linked to no process */
  readonly requestNode: RequestNode;
  /** Gateways of this process in turn, else those of others. @throws Fault GATEWAY_UNAVAILABLE */
  readonly requestGateway: RequestGateway;
  /**
   * A question that only one gateway can answer, to each in turn until one does not say
   * GATEWAY_UNAVAILABLE; `likely` is asked first. @throws Fault GATEWAY_UNAVAILABLE when all do
   */
  requestGatewayOf<M extends LinkMethod>(
    likely: string | null,
    method: M,
    params: LinkMethods[M][0],
    timeoutMs: number,
  ): Promise<{ readonly nodeId: string; readonly result: LinkMethods[M][1] }>;
}

export function createLinkedAnywhere(
  link: Pick<LinkServer, 'node' | 'nodes' | 'requestNode' | 'requestGateway' | 'answer'>,
  exchange: Pick<LinkExchange, 'others' | 'call'>,
): LinkedAnywhere {
  let turn = 0;

  /** The other process holds the link of a node that speaks our protocol: its results are its methods'. */
  const callOther = async <M extends LinkMethod>(
    serverId: string,
    call: LinkCall & { readonly method: M },
  ): Promise<LinkMethods[M][1]> => (await exchange.call(serverId, call)) as LinkMethods[M][1];

  return {
    isLinked: (role, nodeId) =>
      link.nodes(role).some((node) => node.hello.nodeId === nodeId) ||
      exchange.others(role).some((node) => node.nodeId === nodeId),
    anyLinked: (role) => link.nodes(role).length > 0 || exchange.others(role).length > 0,
    async requestNode(nodeId, method, params, timeoutMs) {
      if (link.node(nodeId) !== null) {
        return await link.requestNode(nodeId, method, params, timeoutMs);
      }
      const other = exchange.others('media').find((node) => node.nodeId === nodeId);
      if (other === undefined) {
        throw new Fault('NODE_UNAVAILABLE', `Media node ${nodeId} is not linked`);
      }
      return await callOther(other.serverId, { role: 'media', nodeId, method, params, timeoutMs });
    },
    async requestGateway(method, params, timeoutMs) {
      if (link.nodes('gateway').length > 0) {
        return await link.requestGateway(method, params, timeoutMs);
      }
      const others = exchange.others('gateway');
      const other = others[turn++ % Math.max(1, others.length)];
      if (other === undefined) {
        throw new Fault('GATEWAY_UNAVAILABLE', 'No camera gateway is linked');
      }
      const { nodeId, serverId } = other;
      return await callOther(serverId, { role: 'gateway', nodeId, method, params, timeoutMs });
    },
    async requestGatewayOf(likely, method, params, timeoutMs) {
      const role = 'gateway';
      const here = link.nodes(role).map(({ hello }) => ({ nodeId: hello.nodeId, serverId: null }));
      const gateways = [...here, ...exchange.others(role)];
      gateways.sort((a, b) => Number(b.nodeId === likely) - Number(a.nodeId === likely));
      let refused = new Fault('GATEWAY_UNAVAILABLE', 'No camera gateway is linked');
      for (const { nodeId, serverId } of gateways) {
        const call = { role, nodeId, method, params, timeoutMs } as const;
        try {
          if (serverId !== null) return { nodeId, result: await callOther(serverId, call) };
          return { nodeId, result: (await link.answer(call)) as LinkMethods[typeof method][1] };
        } catch (thrown) {
          if (!(thrown instanceof Fault) || thrown.code !== 'GATEWAY_UNAVAILABLE') throw thrown;
          refused = thrown;
        }
      }
      throw refused;
    },
  };
}
