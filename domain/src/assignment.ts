import type { CameraId } from './camera.ts';

export interface AssignableCamera {
  readonly cameraId: CameraId;
  /** Node that records it now; null when none does. */
  readonly nodeId: string | null;
}

export interface AssignableNode {
  readonly nodeId: string;
  /** Its lease has not run out: it is linked, or was a moment ago. */
  readonly alive: boolean;
}

export interface AssignmentMove {
  readonly cameraId: CameraId;
  readonly from: string | null;
  readonly to: string;
}

/**
 * Which cameras go to which media node. A camera stays where it is while its node lives (a move
 * tears a hole into the recording); the others go to the living node with the highest rendezvous
 * weight, so that every process decides the same and a node's death spreads its load evenly. With
 * no living node nothing moves.
 */
export function planAssignments(
  cameras: readonly AssignableCamera[],
  nodes: readonly AssignableNode[],
): readonly AssignmentMove[] {
  const alive = nodes.filter((node) => node.alive).map((node) => node.nodeId);
  const living = new Set(alive);
  const moves: AssignmentMove[] = [];
  for (const camera of cameras) {
    if (camera.nodeId !== null && living.has(camera.nodeId)) continue;
    const to = rendezvous(camera.cameraId, alive);
    if (to !== null) moves.push({ cameraId: camera.cameraId, from: camera.nodeId, to });
  }
  return moves;
}

/** Highest random weight (Thaler and Ravishankar): the node with the largest hash of (camera, node). */
export function rendezvous(cameraId: CameraId, nodeIds: readonly string[]): string | null {
  let best: string | null = null;
  let bestWeight = -1;
  for (const nodeId of nodeIds) {
    const weight = weigh(`${cameraId}/${nodeId}`);
    if (weight > bestWeight || (weight === bestWeight && best !== null && nodeId < best)) {
      best = nodeId;
      bestWeight = weight;
    }
  }
  return best;
}

/**
 * The same for homes of different size: each gets its share of the keys, and a home that goes or comes
 * moves only its own (weighted rendezvous: size / -ln of the hash). Best first.
 */
export function rankHomes(
  key: string,
  homes: readonly { readonly name: string; readonly size: number }[],
): readonly string[] {
  return homes
    .map(({ name, size }) => ({
      name,
      weight: size / -Math.log((weigh(`${key}/${name}`) + 0.5) / 2 ** 32),
    }))
    .sort((a, b) => b.weight - a.weight || (a.name < b.name ? -1 : 1))
    .map(({ name }) => name);
}

/** FNV-1a with murmur3's finalizer: the last characters must reach every bit. */
function weigh(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
