import { Fault } from './faults.ts';

/** One step of a discovery run: small enough to be asked of a gateway at once. */
export type DiscoveryChunk =
  | { readonly kind: 'multicast' }
  | { readonly kind: 'sweep'; readonly cidr: string; readonly addresses: number };

/** Addresses asked at once: at 500 a second a chunk takes seconds, and little is lost with a gateway. */
const chunkPrefix = 22;
const widestPrefix = 8;
/** The whole province four times over; more is a mistake in typing. */
const mostAddresses = 2 ** 21;

interface Range {
  readonly start: number;
  readonly prefix: number;
}

/**
 * The steps of a discovery run in the order to do them: multicast first, then the ranges in pieces
 * of at most 1,024 addresses, shuffled so that no subnet is asked in one go. The same ranges and
 * seed give the same steps: a run goes on where it stopped. Throws REQUEST_INVALID for what is no
 * CIDR, no unicast range, wider than /8, or too much together.
 */
export function planDiscovery(
  cidrs: readonly string[],
  multicast: boolean,
  seed: number,
): readonly DiscoveryChunk[] {
  const ranges = cidrs.map(parseRange);
  const total = ranges.reduce((sum, { prefix }) => sum + 2 ** (32 - prefix), 0);
  if (total > mostAddresses) {
    throw new Fault('REQUEST_INVALID', 'The address ranges together are too wide', {
      details: { addresses: total },
    });
  }
  const pieces = new Map<string, number>();
  for (const range of ranges) {
    for (const piece of splitRange(range)) pieces.set(formatRange(piece), 2 ** (32 - piece.prefix));
  }
  const sweeps = [...pieces].map(([cidr, addresses]) => ({
    kind: 'sweep' as const,
    cidr,
    addresses,
  }));
  return [...(multicast ? [{ kind: 'multicast' as const }] : []), ...shuffled(sweeps, seed)];
}

/** How long a run waits before it asks again after `failures` gateways in a row failed it. */
export function discoveryBackOffMs(failures: number): number {
  return Math.min(30_000, 1_000 * 2 ** Math.max(0, failures - 1));
}

function parseRange(text: string): Range {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:\/(\d{1,2}))?$/.exec(text.trim());
  const octets = match?.slice(1, 5).map(Number) ?? [];
  const prefix = match?.[5] === undefined ? 32 : Number(match[5]);
  const [first = 0] = octets;
  const wrong =
    match === null ||
    octets.some((octet) => octet > 255) ||
    prefix > 32 ||
    prefix < widestPrefix ||
    first === 0 ||
    first >= 224;
  if (wrong) {
    throw new Fault('REQUEST_INVALID', 'An address range is not of the form 192.0.2.0/24', {
      details: { cidr: text.slice(0, 40) },
    });
  }
  const address = octets.reduce((sum, octet) => sum * 256 + octet, 0);
  const size = 2 ** (32 - prefix);
  return { start: Math.floor(address / size) * size, prefix };
}

function splitRange({ start, prefix }: Range): Range[] {
  if (prefix >= chunkPrefix) return [{ start, prefix }];
  const size = 2 ** (32 - chunkPrefix);
  return Array.from({ length: 2 ** (chunkPrefix - prefix) }, (_, index) => ({
    start: start + index * size,
    prefix: chunkPrefix,
  }));
}

function formatRange({ start, prefix }: Range): string {
  const octets = [24, 16, 8, 0].map((shift) => Math.floor(start / 2 ** shift) % 256);
  return `${octets.join('.')}/${prefix}`;
}

/** Fisher–Yates with a seeded generator (mulberry32): chance that can be repeated. */
function shuffled<T>(items: readonly T[], seed: number): T[] {
  const out = [...items];
  let state = seed | 0;
  for (let index = out.length - 1; index > 0; index -= 1) {
    state = (state + 0x6d2b_79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    const other = Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * (index + 1));
    const [a, b] = [out[index], out[other]];
    if (a !== undefined && b !== undefined) [out[index], out[other]] = [b, a];
  }
  return out;
}
