import {
  defaultGatewaySettings,
  type GatewayLink,
  startGateway,
} from '@nigehban/camera-gateway/start-gateway.ts';
import type { Clock } from '@nigehban/config/clock/clock.ts';
import { createLogger } from '@nigehban/config/log/logger.ts';
import type { LinkMethod, LinkMethods } from '@nigehban/domain/link-messages.ts';
import type { RequestGateway } from '@nigehban/server/link/node-requests.ts';
import {
  type DiscoveryParts,
  startDiscoveryParts,
} from '@nigehban/server/parts/discovery-parts.ts';
import { followChanges } from '@nigehban/server/store/change-feed.ts';
import type { Sql } from '@nigehban/server/store/database.ts';
import {
  type CameraDirectory,
  createCameraDirectory,
} from '@nigehban/server/use-cases/camera-directory.ts';
import { guardGateway } from '@nigehban/server/use-cases/guard-gateway.ts';
import type { Fleet } from '../fleet/fleet.ts';

type Handlers = Map<LinkMethod, (params: never) => Promise<unknown>>;

/** The part of the product that enrols cameras, with a real gateway and no network between. */
export interface EnrolmentSite {
  readonly parts: DiscoveryParts;
  readonly directory: CameraDirectory;
  /** Questions as the monitor and the sweep ask them, behind the breaker. */
  readonly ask: RequestGateway;
  /** Requests under way. */
  readonly busy: () => number;
  stop(): Promise<void>;
}

export async function startEnrolmentSite(options: {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly secretKey: Buffer;
  readonly retryMs?: number;
}): Promise<EnrolmentSite> {
  const { sql, clock, secretKey } = options;
  const log = createLogger((process.env.TEST_LOG ?? 'silent') as 'silent', 'test');
  const handlers: Handlers = new Map();
  const link: GatewayLink = {
    handle(method, run) {
      handlers.set(method, run as never);
    },
  };
  const gateway = await startGateway(defaultGatewaySettings, { clock, log, link });
  let busy = 0;
  const requestGateway: RequestGateway = async <M extends LinkMethod>(
    method: M,
    params: LinkMethods[M][0],
  ) => {
    const run = handlers.get(method);
    if (run === undefined) throw new Error(`${method} is not handled`);
    busy += 1;
    try {
      return (await run(params as never)) as LinkMethods[M][1];
    } finally {
      busy -= 1;
    }
  };
  const directory = createCameraDirectory(sql, secretKey, log);
  await directory.load();
  const parts = await startDiscoveryParts({
    sql,
    clock,
    log,
    secretKey,
    directory,
    requestGateway,
    gateways: () => 1,
    serverId: 'site',
    gatewayServers: () => [],
    retryMs: options.retryMs ?? 300,
    answersForMs: 300,
  });
  let loading: Promise<void> = Promise.resolve();
  const stopFollowing = await followChanges(sql, ({ topic }) => {
    if (topic !== 'plan') return;
    loading = loading.then(() => directory.load()).then(() => parts.wake());
  });
  return {
    parts,
    directory,
    ask: guardGateway(requestGateway, () => parts.breaker),
    busy: () => busy,
    async stop() {
      await parts.stop();
      await stopFollowing();
      await loading;
      await gateway.stop();
    },
  };
}

/** A fleet's cameras as plan rows; `change` leaves out or alters what a row says. */
export function planRows(
  fleet: Fleet['plan'],
  change: (row: PlanRow, index: number) => Partial<PlanRow> = () => ({}),
): string {
  const names = new Map(fleet.stations.map((station) => [station.id, station]));
  const header =
    'district_code,constituency,station_no,station_name,station_name_ur,category,station_type,' +
    'placement,booth,camera_no,serial,mac,address,onvif_port,username,password';
  const rows = fleet.cameras.map((camera, index) => {
    const station = names.get(camera.stationId);
    const number = /C(\d+)$/.exec(camera.id)?.[1] ?? '1';
    const { serial, mac, address, username, password } = camera;
    const row: PlanRow = { serial, mac, address, username, password };
    const told = { ...row, ...change(row, index) };
    return [
      station?.districtCode,
      `NA-${station?.nationalConstituency}`,
      station?.stationNumber,
      `"${station?.name}"`,
      `"${station?.nameUr}"`,
      'HIGHLY_SENSITIVE',
      station?.kind,
      camera.placement,
      camera.booth ?? '',
      number,
      told.serial,
      told.mac,
      told.address,
      camera.httpPort,
      told.username,
      told.password,
    ].join(',');
  });
  return `${[header, ...rows].join('\r\n')}\r\n`;
}

export interface PlanRow {
  readonly serial: string;
  readonly mac: string;
  readonly address: string;
  readonly username: string;
  readonly password: string;
}
