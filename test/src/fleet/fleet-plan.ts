/** Where a camera looks, as the assignment of a camera to a polling station names it. */
export type FleetPlacement = 'ENTRANCE' | 'BOOTH' | 'COUNT_TABLE';

/** A polling station of the simulated exercise. */
export interface FleetStation {
  /** `GE24-NA117-PS042`: election, National Assembly constituency, polling-station number. */
  readonly id: string;
  readonly name: string;
  readonly nameUr: string;
  readonly districtCode: string;
  readonly districtName: string;
  readonly nationalConstituency: number;
  readonly provincialConstituency: number;
  readonly stationNumber: number;
  readonly kind: 'MALE' | 'FEMALE' | 'COMBINED';
  readonly maleBooths: number;
  readonly femaleBooths: number;
  readonly registeredVoters: number;
  readonly latitude: number;
  readonly longitude: number;
  /** The carrier's link and the power feeder that it hangs on; null: the list does not say. */
  readonly uplink: string | null;
  readonly feeder: string | null;
}

/** A camera of the fleet: what an installer's list would say of it, credentials included. */
export interface FleetCameraPlan {
  /** `GE24-NA117-PS042-B2-C1`: station, booth (left out when it serves the whole station), camera. */
  readonly id: string;
  readonly stationId: string;
  readonly placement: FleetPlacement;
  readonly booth: number | null;
  readonly serial: string;
  readonly mac: string;
  readonly address: string;
  readonly httpPort: number;
  readonly rtspPort: number;
  readonly username: string;
  readonly password: string;
  /** A `name` of `cameraModels`. */
  readonly modelName: string;
  readonly light: 'day' | 'night';
  readonly audio: boolean;
}

export interface FleetPlan {
  readonly stations: readonly FleetStation[];
  readonly cameras: readonly FleetCameraPlan[];
}

/** Where a plan's cameras are put: the first address (127.x.y.z) and the ports all share. */
export interface FleetAddressing {
  readonly baseAddress: string;
  readonly httpPort: number;
  readonly rtspPort: number;
}

export const defaultAddressing: FleetAddressing = {
  baseAddress: '127.20.0.1',
  httpPort: 8000,
  rtspPort: 8554,
};

/**
 * The address `offset` places after `baseAddress`, leaving out host parts 0 and 255. Throws a
 * RangeError outside 127.0.0.0/8: the fleet never leaves the machine.
 */
export function addressAfter(baseAddress: string, offset: number): string {
  const parts = baseAddress.split('.').map(Number);
  const [first, second, third, fourth] = parts;
  if (
    parts.length !== 4 ||
    first !== 127 ||
    second === undefined ||
    third === undefined ||
    fourth === undefined ||
    parts.some((part) => !Number.isInteger(part) || part < 0 || part > 255) ||
    fourth < 1 ||
    fourth > 254
  ) {
    throw new RangeError(
      `a fleet's base address is 127.x.y.z with z from 1 to 254: ${baseAddress}`,
    );
  }
  const host = fourth - 1 + offset;
  const subnet = second * 256 + third + Math.floor(host / 254);
  if (subnet > 0xffff) throw new RangeError('the fleet does not fit into 127.0.0.0/8');
  return `127.${subnet >> 8}.${subnet & 255}.${(host % 254) + 1}`;
}

/** A locally administered MAC address that is a function of the camera's place in its plan. */
export function macOf(index: number): string {
  const bytes = [0x02, 0x4e, 0x47, (index >> 16) & 255, (index >> 8) & 255, index & 255];
  return bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(':');
}
