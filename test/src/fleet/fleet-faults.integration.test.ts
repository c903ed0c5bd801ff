import { connect as connectTcp } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { CameraFault } from './faults.ts';
import { type Fleet, startFleet } from './fleet.ts';
import { callOnvif } from './test-onvif-client.ts';
import { type RtpView, ticksBetween, viewRtp } from './test-rtp.ts';
import { TestRtspClient } from './test-rtsp-client.ts';
import { decodeFrames, frameIndexes, until } from './test-tools.ts';

let fleet: Fleet;

beforeAll(async () => {
  fleet = await startFleet({ cameras: 3, multicast: false });
});
afterEach(async () => {
  await Promise.all(fleet.cameras.map((camera) => camera.setFaults([])));
});
afterAll(async () => {
  await fleet?.stop();
});

/** Index 0 is wsse and sends whole GOPs, 2 is digest and starts in the middle of one. */
function cameraAt(index: number) {
  const camera = fleet.cameras[index];
  if (camera === undefined) throw new Error('no such camera');
  return camera;
}

function connect(index = 0): Promise<TestRtspClient> {
  const { address, rtspPort, username, password } = cameraAt(index).plan;
  return TestRtspClient.connect({ host: address, port: rtspPort, username, password });
}

async function playing(index = 0) {
  const client = await connect(index);
  const packets: RtpView[] = [];
  client.onPacket = (packet) => {
    if (packet.channel % 2 === 0) packets.push(viewRtp(packet));
  };
  const setup = await client.play(cameraAt(index).streamUri('main'));
  const session = setup.headers.get('session')?.[0]?.split(';')[0] ?? '';
  await until('the first frames', 4000, () => packets.filter(({ marker }) => marker).length > 2);
  return { client, packets, session };
}

async function order(faults: CameraFault | CameraFault[] | null, index = 0): Promise<void> {
  const response = await fetch(`${fleet.controlUrl}/cameras/${cameraAt(index).plan.id}/fault`, {
    method: 'PUT',
    body: JSON.stringify(faults),
  });
  expect(response.status).toBe(200);
}

test('unplugged: open connections break, new ones are refused, and it comes back', async () => {
  const { client } = await playing();
  await order({ kind: 'unplugged' });
  await client.closed;
  await expect(connect()).rejects.toThrow('ECONNREFUSED');
  await expect(
    callOnvif(cameraAt(0), { service: 'tds', operation: 'GetSystemDateAndTime' }),
  ).rejects.toThrow();
  expect(cameraAt(0).status()).toMatchObject({ isPluggedIn: false, rtspSessions: 0 });
  await order(null);
  const again = await playing();
  again.client.close();
});

test('blackhole: connections are taken and nothing is answered until it ends', async () => {
  const { client, packets } = await playing();
  await order({ kind: 'blackhole' });
  await new Promise((resolve) => setTimeout(resolve, 200));
  const before = packets.length;
  const late = await connect();
  let isAnswered = false;
  const answer = late.request('OPTIONS', '*').then((reply) => {
    isAnswered = true;
    return reply;
  });
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(packets.length).toBe(before);
  expect(isAnswered).toBe(false);
  await order(null);
  expect((await answer).status).toBe(200);
  await until('packets again', 3000, () => packets.length > before);
  client.close();
  late.close();
});

test('silent: the session answers and no packet comes', async () => {
  const { client, packets, session } = await playing();
  await order({ kind: 'silent' });
  const before = packets.length;
  await new Promise((resolve) => setTimeout(resolve, 500));
  const uri = cameraAt(0).streamUri('main');
  expect((await client.request('GET_PARAMETER', uri, { Session: session })).status).toBe(200);
  expect(packets.length).toBe(before);
  await order(null);
  await until('packets again', 3000, () => packets.length > before);
  expect(packets[before]?.isKey).toBe(true);
  client.close();
});

test('frozen: the picture stands still while frames and time go on', async () => {
  await order({ kind: 'frozen' });
  const frames = await decodeFrames(cameraAt(0), 'main', 40, { width: 320, height: 180 });
  expect(frames).toHaveLength(40);
  const frozen = frames.slice(15);
  expect(new Set(frameIndexes(frozen, 320))).toEqual(new Set([0]));
});

test('wrong password: RTSP answers 401 and ONVIF ter:NotAuthorized to what was right', async () => {
  await order({ kind: 'wrong-password', password: 'new' });
  const client = await connect();
  expect((await client.request('DESCRIBE', cameraAt(0).streamUri('main'))).status).toBe(401);
  client.close();
  const call = { service: 'tds', operation: 'GetDeviceInformation' } as const;
  const refused = await callOnvif(cameraAt(0), call);
  expect(refused.status).toBe(400);
  expect(refused.text).toContain('NotAuthorized');
  const token = { password: 'new', createdMs: Date.now() };
  expect((await callOnvif(cameraAt(0), { ...call, token })).status).toBe(200);
});

test('clock off by an hour: only tokens of its own time are fresh', async () => {
  await order({ kind: 'clock-offset', offsetMs: 3_600_000 });
  const call = { service: 'tds', operation: 'GetDeviceInformation' } as const;
  expect((await callOnvif(cameraAt(0), call)).status).toBe(400);
  const token = { password: cameraAt(0).plan.password, createdMs: Date.now() + 3_600_000 };
  expect((await callOnvif(cameraAt(0), { ...call, token })).status).toBe(200);
});

test('453 to every SETUP', async () => {
  await order({ kind: 'rtsp-453' });
  const client = await connect();
  await expect(client.play(cameraAt(0).streamUri('main'))).rejects.toThrow('200,453');
  client.close();
});

test('packet loss: about the ordered share of sequence numbers is missing', async () => {
  await order({ kind: 'packet-loss', ratio: 0.3 });
  const { client, packets } = await playing();
  await until('enough packets', 15_000, () => packets.length > 60);
  client.close();
  const first = packets[0]?.sequence ?? 0;
  const last = packets.at(-1)?.sequence ?? 0;
  const sent = ((last - first) & 0xffff) + 1;
  const lost = 1 - packets.length / sent;
  expect(lost).toBeGreaterThan(0.1);
  expect(lost).toBeLessThan(0.55);
});

test('timestamp jump: one step of that size, then evenly on', async () => {
  const { client, packets } = await playing();
  await order({ kind: 'timestamp-jump', seconds: -100 });
  const before = packets.length;
  await until('frames after the jump', 3000, () => packets.length > before + 10);
  client.close();
  const steps = packets
    .slice(1)
    .map((packet, index) => ticksBetween(packets[index]?.timestamp ?? 0, packet.timestamp))
    .filter((step) => step !== 0);
  expect(steps.filter((step) => step !== 6000)).toEqual([6000 - 100 * 90_000]);
});

test('parameter change: from a key frame on the stream has another picture size', async () => {
  const client = await connect();
  const uri = cameraAt(0).streamUri('main');
  const before = await client.request('DESCRIBE', uri);
  await order({ kind: 'parameter-change' });
  const after = await client.request('DESCRIBE', uri);
  client.close();
  expect(before.body).toContain('320-180');
  expect(after.body).toContain('160-90');
  const sprop = (body: string) => /sprop-parameter-sets=(\S+)/.exec(body)?.[1];
  expect(sprop(after.body)).not.toBe(sprop(before.body));
  await decodeFrames(cameraAt(0), 'main', 5, { width: 160, height: 90 });
});

test('flood: garbage comes without being asked for', async () => {
  await order({ kind: 'flood' });
  const { address, rtspPort } = cameraAt(0).plan;
  const socket = connectTcp({ host: address, port: rtspPort });
  let bytes = 0;
  socket.on('data', (chunk) => {
    bytes += chunk.length;
  });
  await until('a megabyte', 5000, () => bytes > 1_000_000);
  socket.destroy();
});

test('cut in the middle of a GOP: the connection ends, the next one works', async () => {
  const { client, packets } = await playing();
  await order({ kind: 'mid-gop-cut' });
  await client.closed;
  expect(packets.at(-1)?.isKey).toBe(false);
  expect(cameraAt(0).status().faults).toEqual([]);
  const again = await playing();
  again.client.close();
});

test('slow XML drips, huge XML goes on, garbage XML is none', async () => {
  const call = { service: 'tds', operation: 'GetSystemDateAndTime' } as const;
  const whole = (await callOnvif(cameraAt(0), call)).text.length;
  await order({ kind: 'slow-xml', bytesPerSecond: whole / 0.8 });
  const startMs = performance.now();
  await callOnvif(cameraAt(0), call);
  expect(performance.now() - startMs).toBeGreaterThan(600);

  await order({ kind: 'huge-xml', sizeBytes: 5_000_000 });
  await expect(callOnvif(cameraAt(0), call)).rejects.toThrow();

  await order({ kind: 'garbage-xml' });
  for (let attempt = 0; attempt < 5; attempt += 1) {
    await expect(callOnvif(cameraAt(0), call)).rejects.toThrow();
  }
});

test('faults combine, and an order that makes no sense changes nothing', async () => {
  await order([{ kind: 'silent' }, { kind: 'clock-offset', offsetMs: 5 }]);
  const url = `${fleet.controlUrl}/cameras/${cameraAt(0).plan.id}`;
  const put = (body: string) => fetch(`${url}/fault`, { method: 'PUT', body });
  expect((await put('{"kind":"on-fire"}')).status).toBe(400);
  expect((await put('{')).status).toBe(400);
  expect((await fetch(`${fleet.controlUrl}/cameras/nobody`)).status).toBe(404);
  const status = await (await fetch(url)).json();
  expect(status).toMatchObject({ faults: [{ kind: 'silent' }, { kind: 'clock-offset' }] });
  expect((await fetch(`${url}/fault`, { method: 'DELETE' })).status).toBe(200);
  expect(cameraAt(0).status().faults).toEqual([]);
});

test('a session that nobody keeps alive ends; one that is kept alive goes on', async () => {
  const shortLived = await startFleet({
    cameras: 1,
    multicast: false,
    rtspSessionTimeoutMs: 1000,
  });
  const [camera] = shortLived.cameras;
  if (camera === undefined) throw new Error('no camera');
  const { address, rtspPort, username, password } = camera.plan;
  const uri = camera.streamUri('main');
  const start = async () => {
    const client = await TestRtspClient.connect({
      host: address,
      port: rtspPort,
      username,
      password,
    });
    let packets = 0;
    client.onPacket = () => {
      packets += 1;
    };
    const session = (await client.play(uri)).headers.get('session')?.[0] ?? '';
    expect(session).toContain(';timeout=1');
    const id = { Session: session.split(';')[0] ?? '' };
    return {
      client,
      packets: () => packets,
      keepAlive: () => client.request('GET_PARAMETER', uri, id),
    };
  };
  const kept = await start();
  const dropped = await start();
  await until('the time-out', 5000, async () => {
    expect((await kept.keepAlive()).status).toBe(200);
    return camera.counters.rtspSessionsTimedOut === 1;
  });
  const before = kept.packets();
  await until('more packets', 3000, () => kept.packets() > before);
  expect((await dropped.keepAlive()).status).toBe(454);
  kept.client.close();
  dropped.client.close();
  await shortLived.stop();
});

test('SetSynchronizationPoint brings a key frame within a GOP of two seconds', async () => {
  const { client, packets } = await playing(1);
  await until('a key frame to have passed', 4000, () => {
    const last = packets.findLastIndex(({ isKey }) => isKey);
    return packets.length - last > 3;
  });
  const before = packets.length;
  const orderedMs = Date.now();
  const content = '<ProfileToken>MainStream</ProfileToken>';
  const call = { service: 'trt', operation: 'SetSynchronizationPoint', content } as const;
  expect((await callOnvif(cameraAt(1), call)).status).toBe(200);
  await until('a key frame', 1000, () => packets.slice(before).some(({ isKey }) => isKey));
  expect(Date.now() - orderedMs).toBeLessThan(800);
  client.close();
  const steps = packets.slice(1).map((packet, index) => {
    const previous = packets[index];
    return previous === undefined ? 0 : ticksBetween(previous.timestamp, packet.timestamp);
  });
  expect(new Set(steps)).toEqual(new Set([0, 6000]));
});
