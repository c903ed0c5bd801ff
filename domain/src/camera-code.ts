import { Fault } from './faults.ts';

/** Election whose plan is loaded: the general election of 2024 unless the plan says otherwise. */
export const defaultElectionCode = 'GE24';

/** `NA-117`, `na 117` or `117` as `NA117`; null when it is not a National Assembly constituency. */
export function normalizeConstituency(text: string): string | null {
  const match = /^\s*(?:NA)?[\s-]*0*([1-9]\d{0,2})\s*$/i.exec(text);
  return match?.[1] === undefined ? null : `NA${match[1]}`;
}

/** `GE24-NA117-PS042`: a station number is unique only inside its constituency. */
export function buildStationCode(
  constituency: string,
  stationNumber: number,
  election: string = defaultElectionCode,
): string {
  const na = normalizeConstituency(constituency);
  if (na === null) {
    throw new Fault('PLAN_INVALID', `"${constituency}" is not a constituency such as NA-117`);
  }
  requireNumber('polling station number', stationNumber, 9_999);
  return `${election}-${na}-PS${String(stationNumber).padStart(3, '0')}`;
}

/** `GE24-NA117-PS042-B2-C1`; without a booth (entrance, yard) the `B` part is left out. */
export function buildCameraCode(
  stationCode: string,
  booth: number | null,
  cameraNumber: number,
): string {
  requireNumber('camera number', cameraNumber, 99);
  if (booth === null) return `${stationCode}-C${cameraNumber}`;
  requireNumber('booth number', booth, 99);
  return `${stationCode}-B${booth}-C${cameraNumber}`;
}

function requireNumber(what: string, value: number, max: number): void {
  if (!Number.isInteger(value) || value < 1 || value > max) {
    throw new Fault('PLAN_INVALID', `The ${what} must be a whole number from 1 to ${max}`);
  }
}
