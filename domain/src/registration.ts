import { normalizeMac } from './camera.ts';

/** What a plan says to recognise a camera by. */
export interface PlannedIdentity {
  readonly serial: string | null;
  /** In any notation that {@link normalizeMac} reads. */
  readonly mac: string | null;
}

export type ConflictReason =
  /** Two or more entries of the plan carry this serial, or this MAC. */
  | 'planned-twice'
  /** The serial is of one entry, the MAC of another. */
  | 'serial-and-mac-differ'
  /** The entry found by one has another value for the other. */
  | 'identity-contradicts';

export type CameraMatch<T> =
  | { readonly kind: 'bound'; readonly entry: T; readonly by: 'serial' | 'mac' | 'both' }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'conflict'; readonly reason: ConflictReason; readonly entries: readonly T[] };

/** A plan made ready for matching many cameras. */
export interface PlanIndex<T extends PlannedIdentity> {
  readonly bySerial: ReadonlyMap<string, readonly T[]>;
  readonly byMac: ReadonlyMap<string, readonly T[]>;
}

/** Stickers carry the end of the serial that some makers tell by ONVIF; shorter ends prove nothing. */
const minSerialEnd = 8;

/** Builds the index of a plan's entries. */
export function indexPlan<T extends PlannedIdentity>(entries: readonly T[]): PlanIndex<T> {
  const bySerial = new Map<string, T[]>();
  const byMac = new Map<string, T[]>();
  for (const entry of entries) {
    const serial = serialKey(entry.serial);
    const mac = macKey(entry.mac);
    if (serial !== null) bySerial.set(serial, [...(bySerial.get(serial) ?? []), entry]);
    if (mac !== null) byMac.set(mac, [...(byMac.get(mac) ?? []), entry]);
  }
  return { bySerial, byMac };
}

/**
 * Which entry of the plan a camera is: by serial or MAC, never by address, because addresses are
 * handed out anew and cables swapped. Whatever does not agree is a conflict for a person.
 */
export function matchCamera<T extends PlannedIdentity>(
  identity: PlannedIdentity,
  plan: PlanIndex<T>,
): CameraMatch<T> {
  const serial = serialKey(identity.serial);
  const mac = macKey(identity.mac);
  const ofSerial = serial === null ? [] : (plan.bySerial.get(serial) ?? []);
  const ofMac = mac === null ? [] : (plan.byMac.get(mac) ?? []);
  if (ofSerial.length > 1 || ofMac.length > 1) {
    const entries = [...new Set([...ofSerial, ...ofMac])];
    return { kind: 'conflict', reason: 'planned-twice', entries };
  }
  const [serialEntry] = ofSerial;
  const [macEntry] = ofMac;
  if (serialEntry !== undefined && macEntry !== undefined) {
    return serialEntry === macEntry
      ? { kind: 'bound', entry: serialEntry, by: 'both' }
      : {
          kind: 'conflict',
          reason: 'serial-and-mac-differ',
          entries: [serialEntry, macEntry],
        };
  }
  if (serialEntry !== undefined) {
    const planned = macKey(serialEntry.mac);
    return planned === null || mac === null
      ? { kind: 'bound', entry: serialEntry, by: 'serial' }
      : { kind: 'conflict', reason: 'identity-contradicts', entries: [serialEntry] };
  }
  if (macEntry !== undefined) {
    const planned = serialKey(macEntry.serial);
    return planned === null || serial === null || isEndOf(planned, serial)
      ? { kind: 'bound', entry: macEntry, by: 'mac' }
      : { kind: 'conflict', reason: 'identity-contradicts', entries: [macEntry] };
  }
  return { kind: 'unknown' };
}

function isEndOf(planned: string, told: string): boolean {
  return planned.length >= minSerialEnd && told.endsWith(planned);
}

/** Serials are text: leading zeros count, case and blanks do not. */
function serialKey(serial: string | null): string | null {
  const key = serial?.replace(/\s+/g, '').toUpperCase() ?? '';
  return key === '' ? null : key;
}

function macKey(mac: string | null): string | null {
  return mac === null ? null : normalizeMac(mac);
}
