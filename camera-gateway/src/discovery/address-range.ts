import { Fault } from '@nigehban/domain/faults.ts';

/** IPv4 addresses from first to last, both included, as numbers. */
export interface AddressRange {
  readonly first: number;
  readonly last: number;
}

const widestPrefix = 16;

/**
 * The host addresses of IPv4 CIDRs (`192.0.2.0/24`, or one address). Network and broadcast address
 * are left out up to /30. Throws REQUEST_INVALID naming what is malformed, wider than /16, not
 * unicast, or too much together (four /16).
 */
export function parseCidrs(cidrs: readonly string[]): readonly AddressRange[] {
  const ranges = cidrs.map(parseCidr);
  const total = ranges.reduce((sum, range) => sum + countAddresses(range), 0);
  if (total > 4 * 2 ** (32 - widestPrefix)) {
    throw new Fault('REQUEST_INVALID', 'The address ranges together are too wide', {
      details: { addresses: total },
    });
  }
  return ranges;
}

/** Every address of the ranges once, in dotted form, made as they are asked for. */
export function* eachAddress(ranges: readonly AddressRange[]): Generator<string> {
  const sorted = [...ranges].sort((a, b) => a.first - b.first);
  let next = 0;
  for (const { first, last } of sorted) {
    for (let address = Math.max(first, next); address <= last; address += 1) {
      yield formatAddress(address);
    }
    next = Math.max(next, last + 1);
  }
}

/**
 * Every address of the ranges once, neighbours far apart, so that no switch or polling station gets
 * a burst. The same order each time.
 */
export function* scatterAddresses(ranges: readonly AddressRange[]): Generator<string> {
  const addresses = [...eachAddress(ranges)];
  const { length } = addresses;
  // A step without a common divisor visits every place; the golden ratio spreads them most evenly.
  let step = Math.max(1, Math.round(length * 0.618));
  while (greatestCommonDivisor(step, length) !== 1) step += 1;
  for (let turn = 0, at = 0; turn < length; turn += 1, at = (at + step) % length) {
    yield addresses[at] ?? '';
  }
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

export function countAddresses(range: AddressRange): number {
  return range.last - range.first + 1;
}

/** Whether an address in dotted form lies in one of the ranges. */
export function isWithin(ranges: readonly AddressRange[], address: string): boolean {
  const value = parseAddress(address);
  return value !== null && ranges.some(({ first, last }) => value >= first && value <= last);
}

function parseCidr(cidr: string): AddressRange {
  const [text = '', prefixText, ...rest] = cidr.trim().split('/');
  const address = parseAddress(text);
  const prefix =
    prefixText === undefined ? 32 : /^\d{1,2}$/.test(prefixText) ? Number(prefixText) : 99;
  if (address === null || prefix > 32 || rest.length > 0) {
    throw new Fault('REQUEST_INVALID', 'An address range is not of the form 192.0.2.0/24', {
      details: { cidr: cidr.slice(0, 40) },
    });
  }
  if (prefix < widestPrefix) {
    throw new Fault('REQUEST_INVALID', `An address range is wider than /${widestPrefix}`, {
      details: { cidr },
    });
  }
  const size = 2 ** (32 - prefix);
  const start = Math.floor(address / size) * size;
  const end = start + size - 1;
  const firstOctet = Math.floor(start / 2 ** 24);
  if (firstOctet === 0 || firstOctet >= 224) {
    throw new Fault('REQUEST_INVALID', 'An address range is not of unicast addresses', {
      details: { cidr },
    });
  }
  return prefix >= 31 ? { first: start, last: end } : { first: start + 1, last: end - 1 };
}

function parseAddress(text: string): number | null {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (parts === null) return null;
  const octets = parts.slice(1).map(Number);
  if (octets.some((octet) => octet > 255)) return null;
  return octets.reduce((sum, octet) => sum * 256 + octet, 0);
}

function formatAddress(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
}
