import { createSocket, type Socket } from 'node:dgram';
import { networkInterfaces } from 'node:os';
import type { Clock } from '@nigehban/config/clock/clock.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import type { DiscoveredCamera } from '@nigehban/domain/link-messages.ts';
import {
  type AddressRange,
  countAddresses,
  isWithin,
  parseCidrs,
  scatterAddresses,
} from './address-range.ts';
import { buildProbe, mergeDiscovered, parseProbeMatches } from './probe-match.ts';

export interface DiscoveryRequest {
  readonly cidrs: readonly string[];
  readonly multicast: boolean;
  /** How long answers are waited for after the last probe was sent. */
  readonly timeoutMs: number;
}

export interface DiscoverySettings {
  /** IPv4 addresses of the interfaces that multicast goes out by; empty: all but loopback. */
  readonly multicastInterfaces: readonly string[];
  readonly probesPerSecond: number;
  /** HTTP ports to ask at addresses that leave the UDP probe unanswered; empty: none. */
  readonly httpPorts: readonly number[];
}

export interface DiscoveryPorts {
  readonly clock: Clock;
  /** A fresh UUID. */
  readonly randomUuid: () => string;
  /** Whether an ONVIF device service answers by HTTP there. */
  readonly askHttp: (address: string, port: number) => Promise<boolean>;
  /** Aborted when the gateway stops. */
  readonly signal?: AbortSignal;
}

const discoveryPort = 3702;
const multicastGroup = '239.255.255.250';
const tickMs = 20;
const maxTimeoutMs = 60_000;
/** UDP loses datagrams: ranges up to this size are asked a second time where silent. */
const repeatUpTo = 4_096;
/** A source that floods costs no more parsing than this. */
const maxDatagramsPerSource = 8;
const maxDatagrams = 300_000;
const httpParallel = 64;
const httpUpTo = 4_096;

/**
 * Finds cameras by WS-Discovery: multicast on the chosen interfaces, and a rate-limited unicast
 * sweep of the ranges. Only answers to this very probe count; of a sweep only those from addresses
 * that were asked. Throws REQUEST_INVALID for ranges as of `parseCidrs` and for a time-out above a
 * minute, GATEWAY_UNAVAILABLE when stopped; a network that cannot be sent to is a range without answers.
 */
export async function discoverCameras(
  request: DiscoveryRequest,
  settings: DiscoverySettings,
  ports: DiscoveryPorts,
): Promise<readonly DiscoveredCamera[]> {
  const ranges = parseCidrs(request.cidrs);
  if (!(request.timeoutMs >= 0 && request.timeoutMs <= maxTimeoutMs)) {
    throw new Fault('REQUEST_INVALID', `timeoutMs is from 0 to ${maxTimeoutMs}`);
  }
  const runs: Promise<readonly DiscoveredCamera[]>[] = [];
  if (request.multicast) {
    for (const address of multicastAddresses(settings)) {
      runs.push(probeMulticast(address, request.timeoutMs, ports));
    }
  }
  if (ranges.length > 0) runs.push(sweep(ranges, request.timeoutMs, settings, ports));
  return mergeDiscovered((await Promise.all(runs)).flat());
}

async function probeMulticast(
  interfaceAddress: string,
  timeoutMs: number,
  ports: DiscoveryPorts,
): Promise<readonly DiscoveredCamera[]> {
  const listener = await openListener(ports, () => true, interfaceAddress);
  if (listener === undefined) return [];
  try {
    listener.socket.setMulticastInterface(interfaceAddress);
    // A second probe after a while: WS-Discovery §2.4 repeats because UDP may lose the first.
    await send(listener, multicastGroup);
    await wait(ports, Math.min(timeoutMs / 2, 500));
    await send(listener, multicastGroup);
    await wait(ports, timeoutMs);
  } catch (thrown) {
    // An interface that went away in the meantime has no cameras.
    if (thrown instanceof Fault) throw thrown;
  } finally {
    listener.close();
  }
  return listener.found;
}

async function sweep(
  ranges: readonly AddressRange[],
  timeoutMs: number,
  settings: DiscoverySettings,
  ports: DiscoveryPorts,
): Promise<readonly DiscoveredCamera[]> {
  const listener = await openListener(ports, (address) => isWithin(ranges, address));
  if (listener === undefined) return [];
  const addresses = ranges.reduce((sum, range) => sum + countAddresses(range), 0);
  const answered = (address: string): boolean => listener.answered.has(address);
  try {
    const perTick = Math.max(1, Math.round((settings.probesPerSecond * tickMs) / 1000));
    const rounds = addresses <= repeatUpTo ? 2 : 1;
    for (let round = 0; round < rounds; round += 1) {
      if (round > 0) await wait(ports, Math.min(timeoutMs / 2, 500));
      let inTick = 0;
      for (const address of scatterAddresses(ranges)) {
        if (answered(address)) continue;
        await send(listener, address);
        inTick += 1;
        if (inTick < perTick) continue;
        inTick = 0;
        await wait(ports, tickMs);
      }
    }
    await wait(ports, timeoutMs);
  } finally {
    listener.close();
  }
  if (settings.httpPorts.length === 0 || addresses > httpUpTo) return listener.found;
  const silent = [...scatterAddresses(ranges)].filter((address) => !answered(address));
  return [...listener.found, ...(await askByHttp(silent, settings.httpPorts, ports))];
}

async function askByHttp(
  addresses: readonly string[],
  httpPorts: readonly number[],
  ports: DiscoveryPorts,
): Promise<readonly DiscoveredCamera[]> {
  const found: DiscoveredCamera[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let address = addresses[next++]; address !== undefined; address = addresses[next++]) {
      for (const port of httpPorts) {
        if (ports.signal?.aborted === true) return;
        if (!(await ports.askHttp(address, port))) continue;
        found.push({
          address,
          onvifPort: port,
          path: '/onvif/device_service',
          endpointReference: '',
          scopes: [],
        });
        break;
      }
    }
  };
  await Promise.all(Array.from({ length: httpParallel }, worker));
  return found;
}

interface Listener {
  readonly socket: Socket;
  readonly probe: Buffer;
  readonly found: readonly DiscoveredCamera[];
  readonly answered: ReadonlySet<string>;
  close(): void;
}

/** Undefined when this machine has no such address to listen at. */
async function openListener(
  ports: DiscoveryPorts,
  accepts: (address: string) => boolean,
  bindAddress?: string,
): Promise<Listener | undefined> {
  const messageId = `urn:uuid:${ports.randomUuid()}`;
  const found: DiscoveredCamera[] = [];
  const answered = new Set<string>();
  const datagramsOf = new Map<string, number>();
  let datagrams = 0;
  const socket = createSocket({ type: 'udp4' });
  socket.on('message', (datagram, source) => {
    datagrams += 1;
    if (datagrams > maxDatagrams || !accepts(source.address)) return;
    const count = (datagramsOf.get(source.address) ?? 0) + 1;
    datagramsOf.set(source.address, count);
    if (count > maxDatagramsPerSource) return;
    const cameras = parseProbeMatches(datagram, source.address, messageId);
    if (cameras.length > 0) answered.add(source.address);
    found.push(...cameras);
  });
  const bound = await new Promise<boolean>((resolve) => {
    socket.once('error', () => resolve(false));
    socket.bind({ port: 0, ...(bindAddress === undefined ? {} : { address: bindAddress }) }, () =>
      resolve(true),
    );
  });
  // ICMP errors of swept addresses come back on the socket; they mean that nobody is there.
  socket.on('error', () => {});
  if (!bound) {
    socket.close();
    return undefined;
  }
  return {
    socket,
    probe: Buffer.from(buildProbe(messageId), 'utf8'),
    found,
    answered,
    close: () => socket.close(),
  };
}

/** Sends and forgets: an address without a route is an address without a camera. */
function send(listener: Listener, address: string): Promise<void> {
  return new Promise((resolve) => {
    listener.socket.send(listener.probe, discoveryPort, address, () => resolve());
  });
}

/** Throws GATEWAY_UNAVAILABLE when the gateway stops meanwhile. */
function wait({ clock, signal }: DiscoveryPorts, durationMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      cancel();
      reject(new Fault('GATEWAY_UNAVAILABLE', 'The camera gateway is stopping'));
    };
    const cancel = clock.after(durationMs, () => {
      signal?.removeEventListener('abort', stop);
      resolve();
    });
    signal?.addEventListener('abort', stop);
    if (signal?.aborted === true) stop();
  });
}

function multicastAddresses(settings: DiscoverySettings): readonly string[] {
  if (settings.multicastInterfaces.length > 0) return settings.multicastInterfaces;
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter((one) => one.family === 'IPv4' && !one.internal)
    .map((one) => one.address);
}
