import type { DiscoveryRunBody, DiscoveryRunView } from '@nigehban/domain/api/discovery-types.ts';

/** A search as it is being written. */
export interface RunDraft {
  readonly ranges: string;
  readonly multicast: boolean;
  readonly ports: string;
  readonly credentials: readonly { readonly username: string; readonly password: string }[];
}

export const emptyDraft: RunDraft = { ranges: '', multicast: true, ports: '', credentials: [] };

export type RunCheck =
  | { readonly ok: true; readonly body: DiscoveryRunBody; readonly addresses: number }
  | { readonly ok: false; readonly field: 'ranges' | 'ports' | 'none'; readonly text: string };

const shortestPrefix = 8;

/** What a draft asks for, or the first thing in it that is not right. */
export function checkDraft(draft: RunDraft): RunCheck {
  const ranges = words(draft.ranges);
  let addresses = 0;
  for (const range of ranges) {
    const size = countAddresses(range);
    if (size === null) return { ok: false, field: 'ranges', text: range };
    addresses += size;
  }
  const ports = words(draft.ports).map(Number);
  const wrong = words(draft.ports).find((_, at) => !isPort(ports[at]));
  if (wrong !== undefined) return { ok: false, field: 'ports', text: wrong };
  if (ranges.length === 0 && !draft.multicast) return { ok: false, field: 'none', text: '' };
  const credentials = draft.credentials.filter(({ username }) => username.trim() !== '');
  return {
    ok: true,
    addresses,
    body: {
      cidrs: ranges.map((range) => (range.includes('/') ? range : `${range}/32`)),
      multicast: draft.multicast,
      ...(ports.length === 0 ? {} : { httpPorts: ports }),
      ...(credentials.length === 0 ? {} : { credentials }),
    },
  };
}

/** The same search again; passwords were never told back. */
export function draftOf(run: DiscoveryRunView): RunDraft {
  return {
    ranges: run.cidrs.join('\n'),
    multicast: run.multicast,
    ports: run.httpPorts.join(', '),
    credentials: [],
  };
}

/** Addresses of an IPv4 range `10.4.0.0/16` or a single address; null when it is neither. */
export function countAddresses(range: string): number | null {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:\/(\d{1,2}))?$/.exec(range);
  if (match === null) return null;
  const parts = match.slice(1, 5).map(Number);
  const prefix = Number(match[5] ?? 32);
  if (parts.some((part) => part > 255) || prefix > 32 || prefix < shortestPrefix) return null;
  return 2 ** (32 - prefix);
}

function isPort(port: number | undefined): boolean {
  return port !== undefined && Number.isInteger(port) && port >= 1 && port <= 65_535;
}

function words(text: string): readonly string[] {
  return text.split(/[\s,;،]+/).filter((word) => word !== '');
}
