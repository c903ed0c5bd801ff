import type { DiscoveredCamera } from '@nigehban/domain/link-messages.ts';
import { namespaces } from '../onvif/onvif-namespaces.ts';
import { createXmlDecoder } from '../onvif/xml-charset.ts';
import {
  createXmlReader,
  onvifXmlLimits,
  type XmlElement,
  type XmlLimits,
} from '../onvif/xml-reader.ts';

/** A UDP datagram holds no more; a camera's answer far less. */
const datagramLimits: XmlLimits = {
  ...onvifXmlLimits,
  elements: 2_000,
  length: 64 * 1024,
};

const maxMatchesPerDatagram = 16;
const maxScopes = 100;
const maxTextLength = 512;

/** WS-Discovery 2005/04 Probe for cameras (ONVIF Core §7.3.3), as `urn:uuid:…` of the message. */
export function buildProbe(messageId: string): string {
  return (
    `<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="${namespaces.soap12}"` +
    ` xmlns:a="${namespaces.addressing}" xmlns:d="${namespaces.discovery}"` +
    ` xmlns:dn="${namespaces.network}"><s:Header>` +
    `<a:Action s:mustUnderstand="1">${namespaces.discovery}/Probe</a:Action>` +
    `<a:MessageID>${messageId}</a:MessageID>` +
    '<a:ReplyTo><a:Address>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:Address></a:ReplyTo>' +
    '<a:To s:mustUnderstand="1">urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To>' +
    '</s:Header><s:Body><d:Probe><d:Types>dn:NetworkVideoTransmitter</d:Types></d:Probe></s:Body></s:Envelope>'
  );
}

/**
 * The cameras in one datagram that answers the probe `messageId`; empty for every other or hostile
 * datagram, never a throw. The address is the datagram's source: what XAddrs name is believed for
 * path and port only, and the port only where they name the source.
 */
export function parseProbeMatches(
  datagram: Uint8Array,
  sourceAddress: string,
  messageId: string,
): readonly DiscoveredCamera[] {
  const root = readXml(datagram);
  if (root === undefined || root.local !== 'Envelope') return [];
  const header = child(root, root.uri, 'Header');
  const body = child(root, root.uri, 'Body');
  if (header === undefined || body === undefined) return [];
  const relatesTo = child(header, namespaces.addressing, 'RelatesTo')?.text.trim();
  if (relatesTo !== messageId) return [];
  const matches = child(body, namespaces.discovery, 'ProbeMatches');
  if (matches === undefined) return [];
  return matches.children
    .filter((match) => match.local === 'ProbeMatch' && match.uri === namespaces.discovery)
    .slice(0, maxMatchesPerDatagram)
    .flatMap((match) => readMatch(match, sourceAddress));
}

/** One entry for each endpoint reference and address; the first answer stays. */
export function mergeDiscovered(cameras: readonly DiscoveredCamera[]): readonly DiscoveredCamera[] {
  const merged = new Map<string, DiscoveredCamera>();
  for (const camera of cameras) {
    const key = JSON.stringify([camera.endpointReference, camera.address]);
    if (!merged.has(key)) merged.set(key, camera);
  }
  return [...merged.values()];
}

function readXml(datagram: Uint8Array): XmlElement | undefined {
  try {
    const decoder = createXmlDecoder(undefined);
    const reader = createXmlReader(datagramLimits);
    reader.write(decoder.write(datagram));
    reader.write(decoder.end());
    return reader.end();
  } catch {
    // Anybody may send datagrams: what is not an answer is nobody's fault to report.
    return undefined;
  }
}

function readMatch(match: XmlElement, sourceAddress: string): DiscoveredCamera[] {
  const types = (child(match, namespaces.discovery, 'Types')?.text ?? '')
    .trim()
    .split(/\s+/)
    .map((type) => type.split(':').at(-1));
  // Printers answer probes too. Some cameras name themselves Device only, or nothing.
  const isCamera =
    types.includes('NetworkVideoTransmitter') || types.includes('Device') || types[0] === '';
  if (!isCamera) return [];
  const reference = child(match, namespaces.addressing, 'EndpointReference');
  const endpointReference =
    (reference && child(reference, namespaces.addressing, 'Address'))?.text.trim() ?? '';
  const urls = (child(match, namespaces.discovery, 'XAddrs')?.text ?? '')
    .trim()
    .split(/\s+/)
    .slice(0, 16)
    .flatMap((text) => httpUrl(text));
  const own = urls.find((url) => url.hostname === sourceAddress);
  const url = own ?? urls[0];
  if (url === undefined || endpointReference.length > maxTextLength) return [];
  const scopes = (child(match, namespaces.discovery, 'Scopes')?.text ?? '')
    .trim()
    .split(/\s+/)
    .filter((scope) => scope !== '' && scope.length <= maxTextLength)
    .slice(0, maxScopes);
  return [
    {
      address: sourceAddress,
      onvifPort: url.port === '' ? 80 : Number(url.port),
      path: url.pathname,
      endpointReference,
      scopes,
    },
  ];
}

function httpUrl(text: string): URL[] {
  if (text.length > maxTextLength || !URL.canParse(text)) return [];
  const url = new URL(text);
  return url.protocol === 'http:' && url.port !== '0' ? [url] : [];
}

function child(element: XmlElement, uri: string, local: string): XmlElement | undefined {
  return element.children.find((one) => one.local === local && one.uri === uri);
}
