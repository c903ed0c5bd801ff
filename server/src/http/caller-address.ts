import { BlockList, isIPv6 } from 'node:net';

const mappedPrefix = /^::ffff:(?=\d+\.)/i;

/**
 * Where a request really comes from: as fastify's `request.ip`, for requests that fastify does not see.
 * Walks back over trusted proxies by what each said of its caller (X-Forwarded-For).
 */
export function callerAddress(
  from: { readonly remoteAddress: string | undefined; readonly forwardedFor: string | undefined },
  trustProxy: boolean | string,
): string | null {
  let address = from.remoteAddress?.replace(mappedPrefix, '') ?? null;
  if (address === null || trustProxy === false) return address;
  const trusted = typeof trustProxy === 'string' ? networksOf(trustProxy) : null;
  const hops = from.forwardedFor?.split(',').map((hop) => hop.trim()) ?? [];
  for (const hop of hops.reverse()) {
    if (hop === '' || (trusted !== null && !trusted.check(address, familyOf(address)))) break;
    address = hop.replace(mappedPrefix, '');
  }
  return address;
}

function networksOf(list: string): BlockList {
  const networks = new BlockList();
  for (const entry of list.split(',')) {
    const [address = '', bits] = entry.trim().split('/');
    if (bits === undefined) networks.addAddress(address, familyOf(address));
    else networks.addSubnet(address, Number(bits), familyOf(address));
  }
  return networks;
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv6(address) ? 'ipv6' : 'ipv4';
}
