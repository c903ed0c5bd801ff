import type { StationSupplyBody } from '@nigehban/domain/api/alert-types.ts';
import type { SupplyListView } from '@nigehban/domain/api/supply-types.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import { can } from '@nigehban/domain/permissions.ts';
import type { MockPart } from './mock-part.ts';

interface Supply {
  readonly uplink: string | null;
  readonly feeder: string | null;
}

/** What the mock's stations hang on, as its administrator names it. */
export function createMockSupplies(): {
  readonly of: (stationCode: string) => Supply;
  readonly part: MockPart;
} {
  const supplies = new Map<string, Supply>([
    ['GE24-NA117-PS042', { uplink: 'PTCL Shahdara', feeder: 'LESCO Shahdara-2' }],
    ['GE24-NA122-PS108', { uplink: 'PTCL Gulberg', feeder: 'LESCO Gulberg-7' }],
    ['GE24-NA128-PS011', { uplink: 'PTCL Gulberg', feeder: 'LESCO Gulberg-7' }],
    ['GE24-NA149-PS066', { uplink: 'Nayatel Gulgasht', feeder: 'MEPCO-F114' }],
  ]);
  const of = (code: string): Supply => supplies.get(code) ?? { uplink: null, feeder: null };
  const list = (kind: keyof Supply): SupplyListView['uplinks'] => {
    const names = Map.groupBy([...supplies.values()], (one) => one[kind] ?? '');
    names.delete('');
    return [...names]
      .map(([name, stations]) => ({ name, stations: stations.length }))
      .sort((a, b) => a.name.localeCompare(b.name));
  };
  return {
    of,
    part: ({ method, path, body, role }) => {
      const [resource, code = '', action] = path;
      if (resource === 'supplies') return { uplinks: list('uplink'), feeders: list('feeder') };
      if (method !== 'PATCH' || action !== 'supply') return undefined;
      if (!can(role, 'plan.import')) throw new Fault('PERMISSION_DENIED', 'Not for this role');
      supplies.set(code, { ...of(code), ...(body as StationSupplyBody) });
      return { stationCode: code, ...of(code) };
    },
  };
}
