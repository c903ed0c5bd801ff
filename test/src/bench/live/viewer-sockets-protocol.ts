/** To the child: `open` answers the new sockets' ports, `count` all viewers' counts. */
export type ViewerSocketsRequest =
  | { readonly kind: 'open'; readonly count: number }
  | { readonly kind: 'count' };

export interface ViewerCount {
  readonly received: number;
  readonly lost: number;
}
