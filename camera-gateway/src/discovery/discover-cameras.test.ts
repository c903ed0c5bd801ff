import { randomUUID } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { systemClock } from '@nigehban/config/clock/clock.ts';
import { expect, test } from 'vitest';
import {
  type DiscoveryPorts,
  type DiscoverySettings,
  discoverCameras,
} from './discover-cameras.ts';

const settings: DiscoverySettings = {
  multicastInterfaces: ['127.0.0.1'],
  probesPerSecond: 500,
  httpPorts: [],
};
const ports: DiscoveryPorts = {
  clock: systemClock,
  randomUuid: randomUUID,
  askHttp: async () => false,
};

/** A network of its own for each test process, so that suites beside this one are not heard. */
const net = `127.${100 + (process.pid % 100)}.${Math.floor(process.pid / 100) % 250}`;

/** A discovery responder on one loopback address; `replies` makes its datagrams from the probe. */
async function startResponder(
  address: string,
  replies: (messageId: string) => readonly (string | Buffer)[],
  from?: Socket,
): Promise<AsyncDisposable & { readonly probes: () => number }> {
  let probes = 0;
  const socket = createSocket({ type: 'udp4' });
  socket.on('message', (message, source) => {
    probes += 1;
    const messageId = /MessageID>([^<]+)</.exec(String(message))?.[1] ?? '';
    for (const reply of replies(messageId))
      (from ?? socket).send(reply, source.port, source.address);
  });
  await new Promise<void>((resolve) => socket.bind(3702, address, resolve));
  return {
    probes: () => probes,
    async [Symbol.asyncDispose]() {
      await new Promise<void>((resolve) => socket.close(resolve));
    },
  };
}

function answer(messageId: string, reference: string, url: string): string {
  return (
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery">' +
    `<s:Header><a:RelatesTo>${messageId}</a:RelatesTo></s:Header><s:Body><d:ProbeMatches><d:ProbeMatch>` +
    `<a:EndpointReference><a:Address>${reference}</a:Address></a:EndpointReference><d:Types>x:NetworkVideoTransmitter</d:Types>` +
    `<d:Scopes/><d:XAddrs>${url}</d:XAddrs></d:ProbeMatch></d:ProbeMatches></s:Body></s:Envelope>`
  );
}

test('a sweep finds each camera once, past hostile neighbours', async () => {
  await using one = await startResponder(`${net}.1`, (id) => [
    answer(id, 'urn:uuid:1', `http://${net}.1:8001/onvif/device_service`),
    answer(id, 'urn:uuid:1', `http://${net}.1:8001/onvif/device_service`),
  ]);
  await using behindNat = await startResponder(`${net}.2`, (id) => [
    answer(id, 'urn:uuid:2', 'http://10.0.0.5/onvif/device_service'),
  ]);
  await using hostile = await startResponder(`${net}.3`, (id) => [
    Buffer.from([0xff, 0xfe, 0x00]),
    '<a>'.repeat(20_000),
    answer('urn:uuid:other', 'urn:uuid:3', `http://${net}.3/`),
    ...Array.from({ length: 50 }, (_, index) =>
      answer(id, `urn:uuid:flood${index}`, `http://${net}.3/`),
    ),
  ]);
  const cameras = await discoverCameras(
    { cidrs: [`${net}.0/28`], multicast: false, timeoutMs: 300 },
    settings,
    ports,
  );
  expect(cameras.filter((camera) => camera.address !== `${net}.3`)).toEqual([
    expect.objectContaining({
      address: `${net}.1`,
      onvifPort: 8001,
      endpointReference: 'urn:uuid:1',
    }),
    expect.objectContaining({
      address: `${net}.2`,
      onvifPort: 80,
      endpointReference: 'urn:uuid:2',
    }),
  ]);
  expect(cameras.filter((camera) => camera.address === `${net}.3`).length).toBeLessThan(8);
  expect(one.probes() + behindNat.probes()).toBe(2);
  expect(hostile.probes()).toBeGreaterThan(0);
});

test('an answer from an address that was not asked is not believed', async () => {
  const outside = createSocket({ type: 'udp4' });
  await new Promise<void>((resolve) => outside.bind(0, `${net}.130`, resolve));
  await using asked = await startResponder(
    `${net}.65`,
    (id) => [answer(id, 'urn:uuid:9', `http://${net}.65/`)],
    outside,
  );
  const cameras = await discoverCameras(
    { cidrs: [`${net}.64/29`], multicast: false, timeoutMs: 200 },
    settings,
    ports,
  );
  expect(asked.probes()).toBeGreaterThan(0);
  expect(cameras).toEqual([]);
  await new Promise<void>((resolve) => outside.close(resolve));
});

test('multicast stays on the chosen interface and finds a camera there', async () => {
  const socket = createSocket({ type: 'udp4', reuseAddr: true });
  const reference = `urn:uuid:${randomUUID()}`;
  await new Promise<void>((resolve) => socket.bind(3702, '239.255.255.250', resolve));
  socket.addMembership('239.255.255.250', '127.0.0.1');
  socket.on('message', (message, source) => {
    const id = /MessageID>([^<]+)</.exec(String(message))?.[1] ?? '';
    socket.send(
      answer(id, reference, 'http://127.0.0.1:8099/onvif/device_service'),
      source.port,
      source.address,
    );
  });
  try {
    const cameras = await discoverCameras(
      { cidrs: [], multicast: true, timeoutMs: 300 },
      settings,
      ports,
    );
    expect(cameras.filter((camera) => camera.endpointReference === reference)).toHaveLength(1);
  } finally {
    await new Promise<void>((resolve) => socket.close(resolve));
  }
});

test('silent addresses are asked by HTTP when ports are given, others are not', async () => {
  await using _one = await startResponder(`${net}.97`, (id) => [
    answer(id, 'urn:uuid:1', `http://${net}.97/onvif/device_service`),
  ]);
  const asked: string[] = [];
  const cameras = await discoverCameras(
    { cidrs: [`${net}.96/29`], multicast: false, timeoutMs: 150 },
    { ...settings, httpPorts: [80, 8000] },
    {
      ...ports,
      askHttp: async (address, port) => {
        asked.push(`${address}:${port}`);
        return address === `${net}.98` && port === 8000;
      },
    },
  );
  expect(cameras.map((camera) => `${camera.address}:${camera.onvifPort}`)).toEqual([
    `${net}.97:80`,
    `${net}.98:8000`,
  ]);
  expect(asked).toHaveLength(10);
  expect(asked).not.toContain(`${net}.97:80`);
});

test('the sweep keeps to its rate', async () => {
  const startedMs = performance.now();
  await discoverCameras(
    { cidrs: [`${net}.192/26`], multicast: false, timeoutMs: 0 },
    { ...settings, probesPerSecond: 200 },
    ports,
  );
  // 62 addresses, asked twice.
  expect(performance.now() - startedMs).toBeGreaterThan(500);
});

test.each([-1, 60_001, Number.NaN])('refuses a time-out of %s', async (timeoutMs) => {
  await expect(
    discoverCameras({ cidrs: [], multicast: false, timeoutMs }, settings, ports),
  ).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
});
