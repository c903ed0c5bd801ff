import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { scopesOf } from './onvif/device-service.ts';
import { httpBase, type OnvifCamera } from './onvif/onvif-camera.ts';
import { childNamed, parseXml, textAt } from './onvif/soap.ts';

export const discoveryPort = 3702;
const discoveryGroup = '239.255.255.250';
const soapNamespace = 'http://www.w3.org/2003/05/soap-envelope';
const maxProbeBytes = 8192;

/** A WS-Discovery Probe (April 2005 draft §5.2) as far as an answer depends on it. */
export interface Probe {
  readonly messageId: string;
  /** Local names of the wanted types; none for any. */
  readonly types: readonly string[];
  readonly scopes: readonly string[];
}

/** Reads a Probe; `null` for any other datagram. */
export function parseProbe(datagram: Buffer): Probe | null {
  if (datagram.length > maxProbeBytes) return null;
  try {
    const envelope = parseXml(datagram.toString('utf8'));
    const probe = childNamed(childNamed(envelope, 'Body'), 'Probe');
    const messageId = textAt(envelope, 'Header', 'MessageID');
    if (envelope.uri !== soapNamespace || probe === undefined || messageId === '') return null;
    const words = (text: string) => text.split(/\s+/).filter((word) => word !== '');
    return {
      messageId,
      types: words(textAt(probe, 'Types')).map((name) => name.replace(/^.*:/, '')),
      scopes: words(textAt(probe, 'Scopes')),
    };
  } catch {
    return null;
  }
}

const ownTypes = new Set(['NetworkVideoTransmitter', 'Device']);

/** Whether a camera with these scopes answers this probe (§5.1: all types, all scopes by prefix). */
export function isMatch(probe: Probe, scopes: readonly string[]): boolean {
  return (
    probe.types.every((type) => ownTypes.has(type)) &&
    probe.scopes.every((wanted) => scopes.some((scope) => scope.startsWith(wanted)))
  );
}

/** The camera's stable endpoint address: a UUID that ends in its MAC address. */
export function endpointOf(camera: OnvifCamera): string {
  const { mac, serial } = camera.state.plan;
  const number = (BigInt(serial) & 0xffff_ffffn).toString(16).padStart(8, '0');
  return `urn:uuid:${number}-4e47-5a00-8000-${mac.replaceAll(':', '')}`;
}

export function buildProbeMatches(camera: OnvifCamera, probe: Probe, messageId: string): string {
  const { servicePaths } = camera.state.model.onvif;
  return (
    '<?xml version="1.0" encoding="UTF-8"?>' +
    `<s:Envelope xmlns:s="${soapNamespace}" ` +
    'xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" ' +
    'xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" ' +
    'xmlns:dn="http://www.onvif.org/ver10/network/wsdl" ' +
    'xmlns:tds="http://www.onvif.org/ver10/device/wsdl">' +
    `<s:Header><a:MessageID>urn:uuid:${messageId}</a:MessageID>` +
    `<a:RelatesTo>${probe.messageId}</a:RelatesTo>` +
    '<a:To>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:To>' +
    '<a:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/ProbeMatches</a:Action>' +
    '</s:Header><s:Body><d:ProbeMatches><d:ProbeMatch>' +
    `<a:EndpointReference><a:Address>${endpointOf(camera)}</a:Address></a:EndpointReference>` +
    '<d:Types>dn:NetworkVideoTransmitter tds:Device</d:Types>' +
    `<d:Scopes>${scopesOf(camera).join(' ')}</d:Scopes>` +
    `<d:XAddrs>${httpBase(camera)}${servicePaths.device}</d:XAddrs>` +
    '<d:MetadataVersion>1</d:MetadataVersion>' +
    '</d:ProbeMatch></d:ProbeMatches></s:Body></s:Envelope>'
  );
}

export function bindDiscovery(socket: Socket, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind({ address, port: discoveryPort, exclusive: true }, () => {
      socket.removeListener('error', reject);
      // Answers to a client that has gone come back as errors; there is nothing to do about them.
      socket.on('error', () => {});
      resolve();
    });
  });
}

/** One camera's WS-Discovery endpoint on UDP 3702 of its own address. */
export class DiscoveryResponder {
  readonly #camera: OnvifCamera;
  readonly #newUuid: () => string;
  #socket: Socket | null = null;

  constructor(camera: OnvifCamera, newUuid: () => string) {
    this.#camera = camera;
    this.#newUuid = newUuid;
  }

  async listen(): Promise<void> {
    const socket = createSocket({ type: 'udp4' });
    await bindDiscovery(socket, this.#camera.state.plan.address);
    socket.on('message', (datagram, from) => {
      const probe = parseProbe(datagram);
      if (probe !== null) this.answer(probe, from);
    });
    this.#socket = socket;
  }

  async unplug(): Promise<void> {
    const socket = this.#socket;
    this.#socket = null;
    if (socket !== null) await new Promise<void>((resolve) => socket.close(() => resolve()));
  }

  /** Answers from the camera's own address when the probe means this camera. */
  answer(probe: Probe, from: RemoteInfo, socket: Socket | null = this.#socket): void {
    const { state } = this.#camera;
    if (socket === null || state.hasFault('blackhole')) return;
    if (!isMatch(probe, scopesOf(this.#camera))) return;
    state.counters.discoveryProbes += 1;
    const answer = buildProbeMatches(this.#camera, probe, this.#newUuid());
    socket.send(answer, from.port, from.address);
  }
}

/**
 * Listens for multicast probes on the loopback interface alone and lets every camera answer for
 * itself. Several fleets on one machine all hear a probe.
 */
export async function listenForMulticast(
  responders: readonly DiscoveryResponder[],
): Promise<() => Promise<void>> {
  const socket = createSocket({ type: 'udp4', reuseAddr: true });
  await bindDiscovery(socket, discoveryGroup);
  socket.addMembership(discoveryGroup, '127.0.0.1');
  socket.on('message', (datagram, from) => {
    if (!from.address.startsWith('127.')) return;
    const probe = parseProbe(datagram);
    if (probe === null) return;
    for (const responder of responders) responder.answer(probe, from);
  });
  return () => new Promise<void>((resolve) => socket.close(() => resolve()));
}
