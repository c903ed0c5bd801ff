/** Stations are shared out to the gateways in this many parts. */
export const shardCount = 128;

/** How a part is held at this moment, by the store's own clock. */
export interface ShardLease {
  readonly shard: number;
  /** Null: nobody holds it now. */
  readonly owner: string | null;
}

export interface ShardView {
  /** Gateways that live, this one included. */
  readonly members: readonly string[];
  /** A shard that is not here was never held. */
  readonly leases: readonly ShardLease[];
}

export interface ShardPlan {
  readonly release: readonly number[];
  readonly take: readonly number[];
}

/** FNV-1a with a final mix (MurmurHash3's), 32 bits: equal on every gateway. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** The part that a station's cameras belong to: siblings are looked at by the same gateway. */
export function shardOf(stationId: number): number {
  return hashText(`station ${stationId}`) % shardCount;
}

/**
 * What a gateway gives up and takes so that each live gateway holds its fair share. Each has an
 * order of its own in which it likes the shards (rendezvous), so that few want the same one.
 */
export function planShards(view: ShardView, self: string): ShardPlan {
  const owners = new Map(view.leases.map((lease) => [lease.shard, lease.owner]));
  const liked = Array.from({ length: shardCount }, (_, shard) => shard)
    .map((shard) => ({ shard, score: hashText(`${self} ${shard}`) }))
    .sort((a, b) => b.score - a.score || a.shard - b.shard)
    .map(({ shard }) => shard);
  const held = liked.filter((shard) => owners.get(shard) === self);
  const others = view.members.filter((member) => member !== self).length;
  const fairShare = Math.ceil(shardCount / (others + 1));
  if (held.length > fairShare) return { release: held.slice(fairShare), take: [] };
  const free = liked.filter((shard) => (owners.get(shard) ?? null) === null);
  return { release: [], take: free.slice(0, fairShare - held.length) };
}
