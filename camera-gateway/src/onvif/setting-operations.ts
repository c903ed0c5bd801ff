import { isIP } from 'node:net';
import { Fault } from '@nigehban/domain/faults.ts';
import type { Deadline } from './deadline.ts';
import type { MediaService } from './media-operations.ts';
import type { OnvifClient } from './onvif-client.ts';
import { escapeXml } from './soap-envelope.ts';
import { childrenNamed, find, isTrue, textAt } from './xml-query.ts';
import type { XmlElement } from './xml-reader.ts';
import { withText, writeElementAs } from './xml-writer.ts';

/** Device Management GetHostname. */
export async function getHostname(client: OnvifClient, deadline: Deadline): Promise<string> {
  const response = await device(client, 'GetHostname', '', deadline);
  return textAt(response, 'HostnameInformation', 'Name') ?? '';
}

/** Device Management SetHostname. */
export async function setHostname(
  client: OnvifClient,
  name: string,
  deadline: Deadline,
): Promise<void> {
  await device(client, 'SetHostname', `<tds:Name>${escapeXml(name)}</tds:Name>`, deadline);
}

export interface NtpSetting {
  readonly fromDhcp: boolean;
  /** Servers set by hand, IPv4, IPv6 or DNS names. */
  readonly servers: readonly string[];
}

/** Device Management GetNTP. */
export async function getNtp(client: OnvifClient, deadline: Deadline): Promise<NtpSetting> {
  const response = await device(client, 'GetNTP', '', deadline);
  const information = find(response, 'NTPInformation');
  if (information === undefined) return { fromDhcp: false, servers: [] };
  return {
    fromDhcp: isTrue(textAt(information, 'FromDHCP')),
    servers: childrenNamed(information, 'NTPManual').flatMap(
      (entry) =>
        textAt(entry, 'IPv4Address') ??
        textAt(entry, 'IPv6Address') ??
        textAt(entry, 'DNSname') ??
        [],
    ),
  };
}

/** Device Management SetNTP: this one server, set by hand. */
export async function setNtp(
  client: OnvifClient,
  server: string,
  deadline: Deadline,
): Promise<void> {
  const text = escapeXml(server);
  const address = {
    4: `<tt:Type>IPv4</tt:Type><tt:IPv4Address>${text}</tt:IPv4Address>`,
    6: `<tt:Type>IPv6</tt:Type><tt:IPv6Address>${text}</tt:IPv6Address>`,
    0: `<tt:Type>DNS</tt:Type><tt:DNSname>${text}</tt:DNSname>`,
  }[isIP(server) as 0 | 4 | 6];
  const body = `<tds:FromDHCP>false</tds:FromDHCP><tds:NTPManual>${address}</tds:NTPManual>`;
  await device(client, 'SetNTP', body, deadline);
}

/** Whether the camera sets its clock by NTP (GetSystemDateAndTime). */
export async function clockIsByNtp(client: OnvifClient, deadline: Deadline): Promise<boolean> {
  const response = await client.call(
    {
      operation: 'GetSystemDateAndTime',
      service: 'device',
      body: '<tds:GetSystemDateAndTime/>',
      open: true,
    },
    deadline,
  );
  return textAt(response, 'SystemDateAndTime', 'DateTimeType') === 'NTP';
}

/** SetSystemDateAndTime by NTP; time zone and daylight saving stay as they are. */
export async function setClockByNtp(client: OnvifClient, deadline: Deadline): Promise<void> {
  const body =
    '<tds:DateTimeType>NTP</tds:DateTimeType><tds:DaylightSavings>false</tds:DaylightSavings>';
  await device(client, 'SetSystemDateAndTime', body, deadline);
}

/** Level of an account (GetUsers); undefined when the camera does not tell of it. */
export async function userLevel(
  client: OnvifClient,
  username: string,
  deadline: Deadline,
): Promise<string | undefined> {
  const response = await device(client, 'GetUsers', '', deadline);
  const user = childrenNamed(response, 'User').find((one) => textAt(one, 'Username') === username);
  return user === undefined ? undefined : textAt(user, 'UserLevel');
}

/** Device Management SetUser: a new password for an account. */
export async function setUserPassword(
  client: OnvifClient,
  user: { readonly username: string; readonly password: string; readonly level: string },
  deadline: Deadline,
): Promise<void> {
  const body =
    `<tds:User><tt:Username>${escapeXml(user.username)}</tt:Username>` +
    `<tt:Password>${escapeXml(user.password)}</tt:Password>` +
    `<tt:UserLevel>${escapeXml(user.level)}</tt:UserLevel></tds:User>`;
  await device(client, 'SetUser', body, deadline);
}

/** A text that the camera burns into its picture. */
export interface OsdText {
  readonly token: string;
  readonly text: string;
  readonly element: XmlElement;
}

/** GetOSDs: the plain texts among them, and the video source that any of them lies on. */
export async function getOsdTexts(
  client: OnvifClient,
  service: MediaService,
  deadline: Deadline,
): Promise<{ readonly texts: readonly OsdText[]; readonly source: string | undefined }> {
  const response = await media(client, service, 'GetOSDs', '', deadline);
  const all = childrenNamed(response, 'OSDs');
  const texts = all
    .filter((element) => textAt(element, 'TextString', 'Type') === 'Plain')
    .map((element) => ({
      token: element.attributes.get('token') ?? '',
      text: textAt(element, 'TextString', 'PlainText') ?? '',
      element,
    }));
  const source = all
    .map((element) => textAt(element, 'VideoSourceConfigurationToken'))
    .find((token) => token !== undefined);
  return { texts, source };
}

/** SetOSD with another text in the same place. */
export async function setOsdText(
  client: OnvifClient,
  service: MediaService,
  osd: OsdText,
  text: string,
  deadline: Deadline,
): Promise<void> {
  const element = withText(osd.element, ['TextString', 'PlainText'], text);
  const body = writeElementAs(`${prefixOf(service)}:OSD`, element);
  await media(client, service, 'SetOSD', body, deadline);
}

/** CreateOSD: plain text in the lower left corner, where it hides least. */
export async function createOsdText(
  client: OnvifClient,
  service: MediaService,
  source: string,
  text: string,
  deadline: Deadline,
): Promise<void> {
  const name = `${prefixOf(service)}:OSD`;
  const body =
    `<${name} token=""><tt:VideoSourceConfigurationToken>${escapeXml(source)}` +
    '</tt:VideoSourceConfigurationToken><tt:Type>Text</tt:Type>' +
    '<tt:Position><tt:Type>LowerLeft</tt:Type></tt:Position><tt:TextString><tt:Type>Plain</tt:Type>' +
    `<tt:PlainText>${escapeXml(text)}</tt:PlainText></tt:TextString></${name}>`;
  await media(client, service, 'CreateOSD', body, deadline);
}

/** Token of the first profile's video source configuration, which a new text is put on. */
export async function videoSourceConfiguration(
  client: OnvifClient,
  service: MediaService,
  deadline: Deadline,
): Promise<string> {
  const body = service === 'media2' ? '<tr2:Type>VideoSource</tr2:Type>' : '';
  const response = await media(client, service, 'GetProfiles', body, deadline);
  for (const profile of childrenNamed(response, 'Profiles')) {
    const source =
      service === 'media2'
        ? find(profile, 'Configurations', 'VideoSource')
        : find(profile, 'VideoSourceConfiguration');
    const token = source?.attributes.get('token');
    if (token !== undefined) return token;
  }
  throw new Fault('CAMERA_OPERATION_UNSUPPORTED', 'The camera names no video source for a text');
}

async function device(
  client: OnvifClient,
  operation: string,
  body: string,
  deadline: Deadline,
): Promise<XmlElement> {
  return await client.call(
    { operation, service: 'device', body: `<tds:${operation}>${body}</tds:${operation}>` },
    deadline,
  );
}

async function media(
  client: OnvifClient,
  service: MediaService,
  operation: string,
  body: string,
  deadline: Deadline,
): Promise<XmlElement> {
  const name = `${prefixOf(service)}:${operation}`;
  return await client.call({ operation, service, body: `<${name}>${body}</${name}>` }, deadline);
}

function prefixOf(service: MediaService): 'trt' | 'tr2' {
  return service === 'media' ? 'trt' : 'tr2';
}
