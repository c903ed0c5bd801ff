import { deviceSettingOperations } from './device-settings.ts';
import { eventNamespace, eventPath } from './event-service.ts';
import { httpBase, type OnvifCamera, type OperationHandler } from './onvif-camera.ts';
import { childNamed, escapeXml, namespaces, SoapFault, textAt, type XmlElement } from './soap.ts';

function dateTime(name: string, atMs: number): string {
  const at = new Date(atMs);
  return (
    `<tt:${name}><tt:Time><tt:Hour>${at.getUTCHours()}</tt:Hour>` +
    `<tt:Minute>${at.getUTCMinutes()}</tt:Minute><tt:Second>${at.getUTCSeconds()}</tt:Second>` +
    `</tt:Time><tt:Date><tt:Year>${at.getUTCFullYear()}</tt:Year>` +
    `<tt:Month>${at.getUTCMonth() + 1}</tt:Month><tt:Day>${at.getUTCDate()}</tt:Day>` +
    `</tt:Date></tt:${name}>`
  );
}

const pakistanOffsetMs = 5 * 3600 * 1000;

const getSystemDateAndTime: OperationHandler = ({ state }) => {
  const clockMs = state.clockMs();
  return (
    '<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime>' +
    `<tt:DateTimeType>${state.isClockManual ? 'Manual' : 'NTP'}</tt:DateTimeType>` +
    '<tt:DaylightSavings>false</tt:DaylightSavings>' +
    '<tt:TimeZone><tt:TZ>PKT-5</tt:TZ></tt:TimeZone>' +
    dateTime('UTCDateTime', clockMs) +
    dateTime('LocalDateTime', clockMs + pakistanOffsetMs) +
    '</tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>'
  );
};

function clockOf(utc: XmlElement): number {
  const part = (group: 'Time' | 'Date', name: string) => Number(textAt(utc, group, name) || 'x');
  return Date.UTC(
    part('Date', 'Year'),
    part('Date', 'Month') - 1,
    part('Date', 'Day'),
    part('Time', 'Hour'),
    part('Time', 'Minute'),
    part('Time', 'Second'),
  );
}

const setSystemDateAndTime: OperationHandler = ({ state }, { body }) => {
  const kind = textAt(body, 'DateTimeType');
  const utc = childNamed(body, 'UTCDateTime');
  if (kind === 'NTP') state.setClock(null);
  else {
    const clockMs = kind === 'Manual' && utc !== undefined ? clockOf(utc) : Number.NaN;
    if (Number.isNaN(clockMs)) {
      throw new SoapFault('Sender', ['InvalidArgVal', 'InvalidDateTime'], 'Invalid date or time');
    }
    state.setClock(clockMs);
  }
  return '<tds:SetSystemDateAndTimeResponse/>';
};

const getDeviceInformation: OperationHandler = ({ state: { model, plan } }) =>
  '<tds:GetDeviceInformationResponse>' +
  `<tds:Manufacturer>${escapeXml(model.manufacturer)}</tds:Manufacturer>` +
  `<tds:Model>${model.name}</tds:Model>` +
  `<tds:FirmwareVersion>${escapeXml(model.firmware)}</tds:FirmwareVersion>` +
  `<tds:SerialNumber>${plan.serial}</tds:SerialNumber>` +
  `<tds:HardwareId>${model.hardware}</tds:HardwareId>` +
  '</tds:GetDeviceInformationResponse>';

function service(namespace: string, address: string, version: [number, number]): string {
  return (
    `<tds:Service><tds:Namespace>${namespace}</tds:Namespace>` +
    `<tds:XAddr>${address}</tds:XAddr><tds:Version><tt:Major>${version[0]}</tt:Major>` +
    `<tt:Minor>${version[1]}</tt:Minor></tds:Version></tds:Service>`
  );
}

const getServices: OperationHandler = (camera) => {
  const { servicePaths, media1, media2, events } = camera.state.model.onvif;
  const base = httpBase(camera);
  return (
    '<tds:GetServicesResponse>' +
    service(namespaces.tds, base + servicePaths.device, [2, 60]) +
    (media1 ? service(namespaces.trt, base + servicePaths.media, [2, 60]) : '') +
    (media2 ? service(namespaces.tr2, base + servicePaths.media2, [2, 60]) : '') +
    (events === null ? '' : service(eventNamespace, base + eventPath, [2, 60])) +
    '</tds:GetServicesResponse>'
  );
};

const getCapabilities: OperationHandler = (camera) => {
  const { servicePaths, events } = camera.state.model.onvif;
  const base = httpBase(camera);
  return (
    '<tds:GetCapabilitiesResponse><tds:Capabilities>' +
    `<tt:Device><tt:XAddr>${base}${servicePaths.device}</tt:XAddr></tt:Device>` +
    (events === null
      ? ''
      : `<tt:Events><tt:XAddr>${base}${eventPath}</tt:XAddr>` +
        '<tt:WSSubscriptionPolicySupport>false</tt:WSSubscriptionPolicySupport>' +
        '<tt:WSPullPointSupport>true</tt:WSPullPointSupport>' +
        '<tt:WSPausableSubscriptionManagerInterfaceSupport>false' +
        '</tt:WSPausableSubscriptionManagerInterfaceSupport></tt:Events>') +
    `<tt:Media><tt:XAddr>${base}${servicePaths.media}</tt:XAddr><tt:StreamingCapabilities>` +
    '<tt:RTPMulticast>false</tt:RTPMulticast><tt:RTP_TCP>true</tt:RTP_TCP>' +
    '<tt:RTP_RTSP_TCP>true</tt:RTP_RTSP_TCP></tt:StreamingCapabilities></tt:Media>' +
    '</tds:Capabilities></tds:GetCapabilitiesResponse>'
  );
};

/** The scopes of a camera, as discovery and GetScopes name them. */
export function scopesOf({ state: { model, plan } }: OnvifCamera): string[] {
  return [
    'onvif://www.onvif.org/type/video_encoder',
    'onvif://www.onvif.org/type/Network_Video_Transmitter',
    'onvif://www.onvif.org/Profile/Streaming',
    ...(model.onvif.media2 ? ['onvif://www.onvif.org/Profile/T'] : []),
    `onvif://www.onvif.org/name/${encodeURIComponent(`${model.manufacturer} ${model.name}`)}`,
    `onvif://www.onvif.org/hardware/${model.name}`,
    `onvif://www.onvif.org/location/${encodeURIComponent(plan.stationId)}`,
    `onvif://www.onvif.org/serial/${plan.serial}`,
  ];
}

const getScopes: OperationHandler = (camera) => {
  const scopes = scopesOf(camera).map(
    (scope) =>
      '<tds:Scopes><tt:ScopeDef>Fixed</tt:ScopeDef>' +
      `<tt:ScopeItem>${scope}</tt:ScopeItem></tds:Scopes>`,
  );
  return `<tds:GetScopesResponse>${scopes.join('')}</tds:GetScopesResponse>`;
};

function hardwareAddress({ state: { model, plan } }: OnvifCamera): string {
  switch (model.onvif.macStyle) {
    case 'colons':
      return `<tt:HwAddress>${plan.mac}</tt:HwAddress>`;
    case 'dashes':
      return `<tt:HwAddress>${plan.mac.replaceAll(':', '-').toUpperCase()}</tt:HwAddress>`;
    case 'missing':
      return '<tt:HwAddress>00:00:00:00:00:00</tt:HwAddress>';
  }
}

const getNetworkInterfaces: OperationHandler = (camera) =>
  '<tds:GetNetworkInterfacesResponse><tds:NetworkInterfaces token="eth0">' +
  '<tt:Enabled>true</tt:Enabled><tt:Info><tt:Name>eth0</tt:Name>' +
  `${hardwareAddress(camera)}<tt:MTU>1500</tt:MTU></tt:Info>` +
  '<tt:IPv4><tt:Enabled>true</tt:Enabled><tt:Config><tt:Manual>' +
  `<tt:Address>${camera.state.plan.address}</tt:Address><tt:PrefixLength>8</tt:PrefixLength>` +
  '</tt:Manual><tt:DHCP>false</tt:DHCP></tt:Config></tt:IPv4>' +
  '</tds:NetworkInterfaces></tds:GetNetworkInterfacesResponse>';

const systemReboot: OperationHandler = (camera) => {
  camera.reboot();
  return '<tds:SystemRebootResponse><tds:Message>Rebooting</tds:Message></tds:SystemRebootResponse>';
};

/** The device service (ONVIF Core Specification §8). */
export const deviceOperations: Readonly<Record<string, OperationHandler>> = {
  GetSystemDateAndTime: getSystemDateAndTime,
  SetSystemDateAndTime: setSystemDateAndTime,
  GetDeviceInformation: getDeviceInformation,
  GetServices: getServices,
  GetCapabilities: getCapabilities,
  GetScopes: getScopes,
  GetNetworkInterfaces: getNetworkInterfaces,
  SystemReboot: systemReboot,
  ...deviceSettingOperations,
};
