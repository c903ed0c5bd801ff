import type { LinkMethod, LinkMethods } from '@nigehban/domain/link-messages.ts';
import type { NodeConnection } from './node-connection.ts';

/** Asks a media node. @throws its own Fault; NODE_UNAVAILABLE when it is not linked or does not answer */
export type RequestNode = <M extends LinkMethod>(
  nodeId: string,
  method: M,
  params: LinkMethods[M][0],
  timeoutMs: number,
) => Promise<LinkMethods[M][1]>;

/** Asks a gateway. @throws its own Fault; GATEWAY_UNAVAILABLE when none is linked or answers */
export type RequestGateway = <M extends LinkMethod>(
  method: M,
  params: LinkMethods[M][0],
  timeoutMs: number,
) => Promise<LinkMethods[M][1]>;

/**
 * Forgets what is kept for former links of the node: one that dials again before its former link was
 * found dead is never told to be unlinked.
 */
export function forgetFormerLinks(kept: Map<NodeConnection, unknown>, node: NodeConnection): void {
  for (const former of kept.keys()) {
    const { role, nodeId } = former.hello;
    if (role === node.hello.role && nodeId === node.hello.nodeId) kept.delete(former);
  }
}
