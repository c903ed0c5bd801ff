/**
 * Where a camera lives among the workers, by rendezvous hashing: each camera's order of preference
 * is its own and fixed, so that a worker's absence moves only its own cameras, and only for as long.
 */
export function homeWorker(cameraId: number, slots: readonly number[]): number | undefined {
  let home: number | undefined;
  let highest = -1;
  for (const slot of slots) {
    const weight = mix(cameraId, slot);
    if (weight > highest) {
      highest = weight;
      home = slot;
    }
  }
  return home;
}

/** The finalizer of MurmurHash3 over both numbers: 32 well-spread bits. */
function mix(cameraId: number, slot: number): number {
  let hash = Math.imul(cameraId, 0x9e3779b1) ^ Math.imul(slot + 1, 0x85ebca77);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
