import { normalizeMac } from './camera.ts';

/** What a plan says to recognise a camera by. */
export interface PlannedIdentity {
  readonly serial: string | null;
  /** In any notation that {@link normalizeMac} reads. */
  readonly mac: string | null;
  /** Where the plan expects it; absent or null when it says nothing. */
  readonly plannedAddress?: string | null;
}

export type ConflictReason =
  /** Two or more entries of the plan carry this serial, or this MAC. */
  | 'planned-twice'
  /** The serial is of one entry, the MAC of another. */
  | 'serial-and-mac-differ'
  /** The entry found by one has another value for the other. */
  | 'identity-contradicts'
  /** Only the address fits, and the plan expects a camera of another serial or MAC there, or several. */
  | 'address-planned-for-another';

/** What tied a camera to its entry; the address is the weakest. */
export type MatchProof = 'serial' | 'mac' | 'both' | 'address';

export type CameraMatch<T> =
  | { readonly kind: 'bound'; readonly entry: T; readonly by: MatchProof }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'conflict'; readonly reason: ConflictReason; readonly entries: readonly T[] };

/** A plan made ready for matching many cameras. */
export interface PlanIndex<T extends PlannedIdentity> {
  readonly bySerial: ReadonlyMap<string, readonly T[]>;
  readonly byMac: ReadonlyMap<string, readonly T[]>;
  readonly byAddress: ReadonlyMap<string, readonly T[]>;
}

/** Stickers carry the end of the serial that some makers tell by ONVIF; shorter ends prove nothing. */
const minSerialEnd = 8;

/** Builds the index of a plan's entries. */
export function indexPlan<T extends PlannedIdentity>(entries: readonly T[]): PlanIndex<T> {
  const bySerial = new Map<string, T[]>();
  const byMac = new Map<string, T[]>();
  const byAddress = new Map<string, T[]>();
  const add = (index: Map<string, T[]>, key: string | null, entry: T) => {
    if (key === null) return;
    const there = index.get(key);
    if (there === undefined) index.set(key, [entry]);
    else there.push(entry);
  };
  for (const entry of entries) {
    add(bySerial, serialKey(entry.serial), entry);
    add(byMac, macKey(entry.mac), entry);
    add(byAddress, entry.plannedAddress ?? null, entry);
  }
  return { bySerial, byMac, byAddress };
}

/**
 * Which entry of the plan a camera is: by serial or MAC. The address it was found at counts only
 * where neither the plan's entry for it says who belongs there nor anything else of the plan fits,
 * because addresses are handed out anew and cables swapped. What does not agree is a conflict for a
 * person.
 */
export function matchCamera<T extends PlannedIdentity>(
  identity: PlannedIdentity,
  plan: PlanIndex<T>,
  address: string | null = null,
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
  return matchAddress(address === null ? [] : (plan.byAddress.get(address) ?? []));
}

function matchAddress<T extends PlannedIdentity>(planned: readonly T[]): CameraMatch<T> {
  const [entry, ...others] = planned;
  if (entry === undefined) return { kind: 'unknown' };
  const isOpen = serialKey(entry.serial) === null && macKey(entry.mac) === null;
  return isOpen && others.length === 0
    ? { kind: 'bound', entry, by: 'address' }
    : { kind: 'conflict', reason: 'address-planned-for-another', entries: planned };
}

/**
 * Whether a camera that tells `told` is the one that is registered as `known`: 'unclear' when they
 * have neither serial nor MAC in common.
 */
export function compareIdentity(
  told: PlannedIdentity,
  known: PlannedIdentity,
): 'same' | 'another' | 'unclear' {
  const [serial, knownSerial] = [serialKey(told.serial), serialKey(known.serial)];
  const [mac, knownMac] = [macKey(told.mac), macKey(known.mac)];
  const sameMac = mac !== null && mac === knownMac;
  if (serial !== null && knownSerial !== null) {
    if (serial === knownSerial || isEndOf(knownSerial, serial)) return 'same';
    return sameMac ? 'same' : 'another';
  }
  if (mac !== null && knownMac !== null) return sameMac ? 'same' : 'another';
  return 'unclear';
}

/** One key for one device, however often and wherever it is found; null when it says nothing of itself. */
export function deviceKey(identity: PlannedIdentity): string | null {
  const serial = serialKey(identity.serial);
  if (serial !== null) return `serial ${serial}`;
  const mac = macKey(identity.mac);
  return mac === null ? null : `mac ${mac}`;
}

function isEndOf(planned: string, told: string): boolean {
  return planned.length >= minSerialEnd && told.endsWith(planned);
}

/** What makers write where a serial should be: it is the same on a thousand cameras. */
const noSerial = /^(.)\1*$|^(N\/?A|NONE|NULL|UNKNOWN|DEFAULT|SERIAL(NUMBER)?|1?23456789?0?)$/;

/** Serials are text: leading zeros count, case and blanks do not. */
function serialKey(serial: string | null): string | null {
  const key = serial?.replace(/\s+/g, '').toUpperCase() ?? '';
  return key === '' || noSerial.test(key) ? null : key;
}

function macKey(mac: string | null): string | null {
  const key = mac === null ? null : normalizeMac(mac);
  return key === '00:00:00:00:00:00' || key === 'ff:ff:ff:ff:ff:ff' ? null : key;
}
