import { normalizeMac } from '@nigehban/domain/camera.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import type { Deadline } from './deadline.ts';
import type { OnvifClient } from './onvif-client.ts';
import { namespaces } from './onvif-namespaces.ts';
import {
  childrenNamed,
  find,
  integerAt,
  isTrue,
  missing,
  requiredTextAt,
  textAt,
} from './xml-query.ts';
import type { XmlElement } from './xml-reader.ts';

/** What a camera says of itself. All values are text as given: `1.10` and `0042` keep their zeros. */
export interface DeviceInformation {
  readonly manufacturer: string;
  readonly model: string;
  readonly firmware: string;
  readonly serial: string | null;
  readonly hardwareId: string;
}

export interface NetworkInterface {
  readonly token: string;
  readonly enabled: boolean;
  /** Lower case, colon separated; null when the camera gives none that is valid. */
  readonly mac: string | null;
}

/**
 * Device Management GetSystemDateAndTime, without credentials. Gives camera clock minus ours in
 * milliseconds (the camera tells whole seconds), and lets the client date its tokens by it.
 */
export async function readClockOffset(client: OnvifClient, deadline: Deadline): Promise<number> {
  const sentMs = client.clock.nowMs();
  const response = await client.call(
    {
      operation: 'GetSystemDateAndTime',
      service: 'device',
      body: '<tds:GetSystemDateAndTime/>',
      open: true,
    },
    deadline,
  );
  const midwayMs = (sentMs + client.clock.nowMs()) / 2;
  const offsetMs = Math.round(parseSystemDateAndTime(response) - midwayMs);
  client.learnClockOffset(offsetMs);
  return offsetMs;
}

/** UTC of a GetSystemDateAndTimeResponse, milliseconds since the Unix epoch. */
export function parseSystemDateAndTime(response: XmlElement): number {
  const system = find(response, 'SystemDateAndTime');
  if (system === undefined) throw missing(response, ['SystemDateAndTime']);
  const utc = find(system, 'UTCDateTime');
  if (utc !== undefined) return parseDateTime(utc);
  const local = find(system, 'LocalDateTime');
  if (local === undefined) throw missing(system, ['UTCDateTime']);
  return parseDateTime(local) + posixZoneWestMs(textAt(system, 'TimeZone', 'TZ') ?? '');
}

function parseDateTime(element: XmlElement): number {
  const part = (min: number, max: number, ...path: readonly string[]): number => {
    const value = integerAt(element, ...path);
    if (value === undefined) throw missing(element, path);
    if (value < min || value > max) {
      throw new Fault(
        'CAMERA_ANSWER_INVALID',
        `The camera's clock tells ${path.join('/')} ${value}`,
      );
    }
    return value;
  };
  return Date.UTC(
    part(1970, 9999, 'Date', 'Year'),
    part(1, 12, 'Date', 'Month') - 1,
    part(1, 31, 'Date', 'Day'),
    part(0, 24, 'Time', 'Hour'),
    part(0, 59, 'Time', 'Minute'),
    part(0, 61, 'Time', 'Second'),
  );
}

/** Offset of a POSIX TZ (`PKT-5`, `<+05>-5:00`) west of UTC; 0 when it cannot be read. */
function posixZoneWestMs(zone: string): number {
  const parts = /^(?:<[^>]{1,12}>|[A-Za-z]{3,12})([+-]?)(\d{1,2})(?::(\d{2}))?/.exec(zone.trim());
  if (parts === null) return 0;
  const minutes = Number(parts[2]) * 60 + Number(parts[3] ?? 0);
  return (parts[1] === '-' ? -minutes : minutes) * 60_000;
}

/** Device Management GetDeviceInformation. */
export async function getDeviceInformation(
  client: OnvifClient,
  deadline: Deadline,
): Promise<DeviceInformation> {
  const response = await client.call(
    { operation: 'GetDeviceInformation', service: 'device', body: '<tds:GetDeviceInformation/>' },
    deadline,
  );
  return {
    manufacturer: shown(requiredTextAt(response, 'Manufacturer')),
    model: shown(requiredTextAt(response, 'Model')),
    firmware: shown(textAt(response, 'FirmwareVersion') ?? ''),
    serial: shown(textAt(response, 'SerialNumber') ?? '') || null,
    hardwareId: shown(textAt(response, 'HardwareId') ?? ''),
  };
}

/**
 * Where the media services are: GetServices, or GetCapabilities on cameras without it. The client
 * keeps them; hosts that the camera names are not followed.
 */
export async function discoverServices(client: OnvifClient, deadline: Deadline): Promise<void> {
  try {
    const response = await client.call(
      {
        operation: 'GetServices',
        service: 'device',
        body: '<tds:GetServices><tds:IncludeCapability>false</tds:IncludeCapability></tds:GetServices>',
      },
      deadline,
    );
    for (const service of childrenNamed(response, 'Service')) {
      const namespace = textAt(service, 'Namespace');
      const address = textAt(service, 'XAddr');
      if (address === undefined) continue;
      if (namespace === namespaces.media) client.learnService('media', address);
      if (namespace === namespaces.media2) client.learnService('media2', address);
      if (namespace === namespaces.events) client.learnService('events', address);
    }
    if (client.hasService('media') || client.hasService('media2')) return;
  } catch (thrown) {
    // Some firmware has GetServices and fails in it; the older question is worth asking then.
    if (!(thrown instanceof Fault) || !isPassable(thrown)) throw thrown;
  }
  const response = await client.call(
    {
      operation: 'GetCapabilities',
      service: 'device',
      body: '<tds:GetCapabilities><tds:Category>All</tds:Category></tds:GetCapabilities>',
    },
    deadline,
  );
  const media = textAt(response, 'Capabilities', 'Media', 'XAddr');
  if (media !== undefined) client.learnService('media', media);
  const events = textAt(response, 'Capabilities', 'Events', 'XAddr');
  if (events !== undefined) client.learnService('events', events);
}

/** Device Management GetNetworkInterfaces. */
export async function getNetworkInterfaces(
  client: OnvifClient,
  deadline: Deadline,
): Promise<readonly NetworkInterface[]> {
  const response = await client.call(
    { operation: 'GetNetworkInterfaces', service: 'device', body: '<tds:GetNetworkInterfaces/>' },
    deadline,
  );
  return childrenNamed(response, 'NetworkInterfaces').map((element) => ({
    token: element.attributes.get('token') ?? '',
    enabled: isTrue(textAt(element, 'Enabled')),
    mac: validMac(textAt(element, 'Info', 'HwAddress') ?? ''),
  }));
}

/** Device Management GetScopes. */
export async function getScopes(
  client: OnvifClient,
  deadline: Deadline,
): Promise<readonly string[]> {
  const response = await client.call(
    { operation: 'GetScopes', service: 'device', body: '<tds:GetScopes/>' },
    deadline,
  );
  return childrenNamed(response, 'Scopes').flatMap((scope) => textAt(scope, 'ScopeItem') ?? []);
}

/** Device Management SystemReboot; gives the camera's message. */
export async function rebootCamera(client: OnvifClient, deadline: Deadline): Promise<string> {
  const response = await client.call(
    { operation: 'SystemReboot', service: 'device', body: '<tds:SystemReboot/>' },
    deadline,
  );
  return shown(textAt(response, 'Message') ?? '');
}

/** Device Management SetSystemDateAndTime, manual, UTC. */
export async function setCameraClock(
  client: OnvifClient,
  utcMs: number,
  deadline: Deadline,
): Promise<void> {
  const at = new Date(utcMs);
  await client.call(
    {
      operation: 'SetSystemDateAndTime',
      service: 'device',
      body:
        '<tds:SetSystemDateAndTime><tds:DateTimeType>Manual</tds:DateTimeType>' +
        '<tds:DaylightSavings>false</tds:DaylightSavings><tds:UTCDateTime>' +
        `<tt:Time><tt:Hour>${at.getUTCHours()}</tt:Hour><tt:Minute>${at.getUTCMinutes()}</tt:Minute>` +
        `<tt:Second>${at.getUTCSeconds()}</tt:Second></tt:Time>` +
        `<tt:Date><tt:Year>${at.getUTCFullYear()}</tt:Year><tt:Month>${at.getUTCMonth() + 1}</tt:Month>` +
        `<tt:Day>${at.getUTCDate()}</tt:Day></tt:Date>` +
        '</tds:UTCDateTime></tds:SetSystemDateAndTime>',
    },
    deadline,
  );
}

/** Faults of one operation after which the others are still worth a call. */
export function isPassable(fault: Fault): boolean {
  return (
    fault.code === 'CAMERA_OPERATION_UNSUPPORTED' ||
    fault.code === 'CAMERA_FAULT' ||
    fault.code === 'CAMERA_ANSWER_INVALID' ||
    fault.code === 'CAMERA_ADDRESS_REFUSED'
  );
}

function validMac(text: string): string | null {
  const mac = normalizeMac(text);
  return mac === '00:00:00:00:00:00' || mac === 'ff:ff:ff:ff:ff:ff' ? null : mac;
}

/** One line of printable text as people see it in lists. */
function shown(text: string): string {
  return text
    .replace(/[\p{C}\s]+/gu, ' ')
    .trim()
    .slice(0, 128);
}
