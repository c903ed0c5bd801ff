import { createSocket } from 'node:dgram';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Crowd, crowdFaultsOf, startCrowd } from './crowd.ts';

let crowd: Crowd;

beforeAll(async () => {
  crowd = await startCrowd({ cameras: 60, baseAddress: '127.233.7.1', answerDiscovery: 4 });
});
afterAll(async () => {
  await crowd?.stop();
});

function ask(address: string, operation: string): Promise<string> {
  return fetch(`http://${address}:${crowd.httpPort}/onvif/device_service`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/soap+xml' },
    body:
      '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>' +
      `<${operation} xmlns="http://www.onvif.org/ver10/device/wsdl"/></s:Body></s:Envelope>`,
  }).then((answer) => answer.text());
}

test('each address is its own camera, and comes into being when it is asked', async () => {
  const { cameras } = crowd.plan;
  expect(crowd.awake()).toBe(0);
  const open = cameras.filter(({ modelName }) => modelName === 'KV-2100').slice(0, 3);
  for (const { address } of open) {
    expect(await ask(address, 'GetHostname')).toContain('GetHostnameResponse');
  }
  const names = await Promise.all(open.map(({ address }) => ask(address, 'GetHostname')));
  for (const [index, { serial }] of open.entries()) {
    expect(names[index]).toContain(`cam-${serial}`);
  }
  expect(crowd.awake()).toBe(3);
  await expect(ask('127.233.9.9', 'GetHostname')).rejects.toThrow();
  expect(crowd.awake()).toBe(3);
});

test('the first ones answer discovery from their own address', async () => {
  const [camera] = crowd.plan.cameras;
  const probe =
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" ' +
    'xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing"><s:Header>' +
    '<a:MessageID>urn:uuid:1</a:MessageID></s:Header><s:Body>' +
    '<d:Probe xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"/></s:Body></s:Envelope>';
  const answer = await new Promise<[string, string]>((resolve) => {
    const socket = createSocket('udp4');
    socket.on('message', (datagram, from) => {
      socket.close();
      resolve([from.address, String(datagram)]);
    });
    socket.send(probe, 3702, camera?.address);
  });
  expect(answer[0]).toBe(camera?.address);
  expect(answer[1]).toContain(camera?.serial);
});

test('what is wrong with a camera follows from its place', () => {
  expect(crowdFaultsOf(13)).toEqual([{ kind: 'wrong-password' }]);
  expect(crowdFaultsOf(14)).toEqual([]);
  const sick = Array.from({ length: 29_000 }, (_, index) => crowdFaultsOf(index)).filter(
    (faults) => faults.length > 0,
  );
  expect(sick.length / 29_000).toBeGreaterThan(0.04);
  expect(sick.length / 29_000).toBeLessThan(0.07);
});
