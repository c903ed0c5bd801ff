import type { OperationHandler } from './onvif-camera.ts';
import { childNamed, escapeXml, SoapFault, textAt, type XmlElement } from './soap.ts';

/** Letters, digits and hyphens in parts of up to 63 (RFC 952, RFC 1123 §2.1). */
const hostNamePattern = /^(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*$/i;
const shortestPassword = 8;

const getHostname: OperationHandler = ({ state: { settings } }) =>
  '<tds:GetHostnameResponse><tds:HostnameInformation><tt:FromDHCP>false</tt:FromDHCP>' +
  `<tt:Name>${escapeXml(settings.hostName)}</tt:Name></tds:HostnameInformation></tds:GetHostnameResponse>`;

const setHostname: OperationHandler = ({ state: { settings } }, { body }) => {
  const name = textAt(body, 'Name');
  if (!hostNamePattern.test(name)) {
    throw new SoapFault('Sender', ['InvalidArgVal', 'InvalidHostname'], 'Invalid host name');
  }
  settings.hostName = name;
  return '<tds:SetHostnameResponse/>';
};

function isAddress(text: string): boolean {
  return /^\d{1,3}(\.\d{1,3}){3}$/.test(text);
}

const getNtp: OperationHandler = ({ state: { settings } }) => {
  const name = settings.isNtpFromDhcp ? 'NTPFromDHCP' : 'NTPManual';
  const servers = settings.ntpServers.map((server) =>
    isAddress(server)
      ? `<tt:${name}><tt:Type>IPv4</tt:Type><tt:IPv4Address>${server}</tt:IPv4Address></tt:${name}>`
      : `<tt:${name}><tt:Type>DNS</tt:Type><tt:DNSname>${escapeXml(server)}</tt:DNSname></tt:${name}>`,
  );
  return (
    '<tds:GetNTPResponse><tds:NTPInformation>' +
    `<tt:FromDHCP>${settings.isNtpFromDhcp}</tt:FromDHCP>${servers.join('')}` +
    '</tds:NTPInformation></tds:GetNTPResponse>'
  );
};

function ntpServerOf(entry: XmlElement): string {
  const type = textAt(entry, 'Type');
  const value = textAt(entry, type === 'DNS' ? 'DNSname' : 'IPv4Address');
  const valid = type === 'DNS' ? hostNamePattern.test(value) : isAddress(value);
  if (!valid) {
    const subcode = type === 'DNS' ? 'InvalidDnsName' : 'InvalidIPv4Address';
    throw new SoapFault('Sender', ['InvalidArgVal', subcode], 'Invalid NTP server');
  }
  return value;
}

const setNtp: OperationHandler = ({ state: { settings } }, { body }) => {
  settings.isNtpFromDhcp = textAt(body, 'FromDHCP') === 'true';
  const servers = body.children.filter(({ local }) => local === 'NTPManual').map(ntpServerOf);
  if (!settings.isNtpFromDhcp) settings.ntpServers = servers;
  return '<tds:SetNTPResponse/>';
};

const getUsers: OperationHandler = ({ state: { plan } }) =>
  `<tds:GetUsersResponse><tds:User><tt:Username>${escapeXml(plan.username)}</tt:Username>` +
  '<tt:UserLevel>Administrator</tt:UserLevel></tds:User></tds:GetUsersResponse>';

/** The camera's one account: any other is unknown, and a short password is too weak. */
const setUser: OperationHandler = ({ state }, { body }) => {
  const user = childNamed(body, 'User');
  if (textAt(user, 'Username') !== state.plan.username) {
    throw new SoapFault('Sender', ['InvalidArgVal', 'UsernameMissing'], 'Username not recognized');
  }
  // Spaces belong to a password: it is not trimmed.
  const password = childNamed(user, 'Password')?.text;
  if (password !== undefined && password.length < shortestPassword) {
    throw new SoapFault('Sender', ['OperationProhibited', 'PasswordTooWeak'], 'Too weak password');
  }
  if (password !== undefined) state.settings.password = password;
  return '<tds:SetUserResponse/>';
};

/** The device service's settings that a policy rules (ONVIF Core §8.2, §8.4). */
export const deviceSettingOperations: Readonly<Record<string, OperationHandler>> = {
  GetHostname: getHostname,
  SetHostname: setHostname,
  GetNTP: getNtp,
  SetNTP: setNtp,
  GetUsers: getUsers,
  SetUser: setUser,
};
