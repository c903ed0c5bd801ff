/**
 * To the child: `open` answers the new sockets' ports, which count packets of that type alone (the
 * router probes the bandwidth with others), `count` all viewers' counts.
 */
export type ViewerSocketsRequest =
  | { readonly kind: 'open'; readonly count: number; readonly payloadType: number }
  | { readonly kind: 'count' };

export interface ViewerCount {
  readonly received: number;
  readonly lost: number;
}
