import { afterAll, beforeAll, expect, test } from 'vitest';
import { cameraModelNamed } from './camera-models.ts';
import { exercisePlan } from './exercise-plan.ts';
import { type Fleet, startFleet } from './fleet.ts';
import { addressAfter } from './fleet-plan.ts';
import { type RtpView, ticksBetween, viewRtp, viewSenderReport } from './test-rtp.ts';
import { TestRtspClient } from './test-rtsp-client.ts';
import { decodeFrames, frameIndexes, run, until, uriWithCredentials } from './test-tools.ts';

const loopFrames = 60;
let fleet: Fleet;

beforeAll(async () => {
  const plan = exercisePlan({
    baseAddress: addressAfter('127.201.7.1', Math.floor(Math.random() * 10_000)),
    httpPort: 8000,
    rtspPort: 8554,
  });
  fleet = await startFleet({ cameras: plan, scenes: 'tiny', multicast: false });
});
afterAll(async () => {
  await fleet?.stop();
});

function cameraOf(modelName: string) {
  const camera = fleet.cameras.find(
    ({ plan }) => plan.modelName === modelName && !plan.audio && plan.light === 'day',
  );
  if (camera === undefined) throw new Error(`no ${modelName}`);
  return camera;
}

async function connect(modelName: string, algorithm: 'MD5' | 'SHA-256' = 'MD5') {
  const { plan } = cameraOf(modelName);
  const { address, rtspPort, username, password } = plan;
  return TestRtspClient.connect({ host: address, port: rtspPort, username, password, algorithm });
}

test.concurrent.each(['KV-2100', 'NL-D40', 'TQ-6IR', 'SB-720E', 'NL-H65'])(
  'ffprobe finds both streams of %s with digest over TCP',
  async (name) => {
    const { mainCodec, profile } = cameraModelNamed(name).encoder;
    for (const stream of ['main', 'sub'] as const) {
      const output = await run('ffprobe', [
        ...['-v', 'error', '-rtsp_transport', 'tcp', '-analyzeduration', '1000000'],
        ...['-show_entries', 'stream=codec_name,profile,width,height,has_b_frames'],
        ...['-of', 'json'],
        uriWithCredentials(cameraOf(name), stream),
      ]);
      const [video] = JSON.parse(output.toString()).streams;
      const isH265 = stream === 'main' && mainCodec === 'H265';
      const profileName = { baseline: 'Constrained Baseline', main: 'Main', high: 'High' }[profile];
      expect(video).toMatchObject({
        codec_name: isH265 ? 'hevc' : 'h264',
        profile: isH265 ? 'Main' : profileName,
        width: stream === 'main' ? 320 : 160,
        height: stream === 'main' ? 180 : 90,
        has_b_frames: 0,
      });
    }
  },
);

test.concurrent.each(['KV-2100', 'NL-D40', 'TQ-6IR', 'SB-720E', 'NL-H65'])(
  'ffmpeg decodes every frame of %s once and in order through the end of the loop',
  async (name) => {
    const frames = await decodeFrames(cameraOf(name), 'main', 75, { width: 320, height: 180 });
    expect(frames).toHaveLength(75);
    // A camera that starts in the middle of a GOP gives no whole picture before the next one.
    const startsWhole = cameraModelNamed(name).rtsp.startsAtKeyFrame;
    const indexes = frameIndexes(frames, 320).slice(startsWhole ? 0 : 30);
    indexes.forEach((index, position) => {
      const previous = indexes[position - 1];
      if (typeof previous === 'number') expect(index).toBe((previous + 1) % loopFrames);
    });
    expect(indexes).not.toContain(null);
  },
);

test('the camera with audio sends G.711 beside its video', async () => {
  const camera = fleet.cameras.find(({ plan }) => plan.audio);
  if (camera === undefined) throw new Error('no camera with audio');
  const output = await run('ffprobe', [
    ...['-v', 'error', '-rtsp_transport', 'tcp', '-read_intervals', '%+2', '-show_entries'],
    ...['stream=codec_name,sample_rate,channels:packet=codec_type', '-of', 'json'],
    uriWithCredentials(camera, 'main'),
  ]);
  const { streams, packets } = JSON.parse(output.toString());
  expect(streams).toContainEqual({ codec_name: 'pcm_mulaw', sample_rate: '8000', channels: 1 });
  const audio = packets.filter((packet: { codec_type: string }) => packet.codec_type === 'audio');
  expect(audio.length).toBeGreaterThan(20);
});

test('the server chooses the channels, reports come first, time maps to the clock', async () => {
  const client = await connect('TQ-6IR');
  const rtp: RtpView[] = [];
  const reports: ReturnType<typeof viewSenderReport>[] = [];
  client.onPacket = (packet) => {
    if (packet.channel === 8) rtp.push(viewRtp(packet));
    if (packet.channel === 9 && reports.push(viewSenderReport(packet.packet)) === 1) {
      expect(rtp).toHaveLength(0);
    }
  };
  const setup = await client.play(cameraOf('TQ-6IR').streamUri('main'));
  expect(setup.headers.get('transport')?.[0]).toContain('interleaved=8-9');
  await until('a second of frames', 3000, () => rtp.filter(({ marker }) => marker).length > 15);
  client.close();
  const [report] = reports;
  if (report === undefined) throw new Error('no sender report');
  for (const packet of rtp) {
    expect(packet.ssrc).toBe(report.ssrc);
    const capturedMs = report.clockMs + ticksBetween(report.timestamp, packet.timestamp) / 90;
    expect(Math.abs(capturedMs - packet.arrivedMs)).toBeLessThan(500);
  }
  rtp.forEach((packet, index) => {
    const previous = rtp[index - 1];
    if (previous === undefined) return;
    expect(packet.sequence).toBe((previous.sequence + 1) & 0xffff);
    const step = ticksBetween(previous.timestamp, packet.timestamp);
    expect(step).toBe(previous.marker ? 6000 : 0);
  });
});

test('digest with SHA-256 is accepted where it is offered, and a wrong password is not', async () => {
  const client = await connect('NL-D40', 'SHA-256');
  await client.play(cameraOf('NL-D40').streamUri('sub'));
  client.close();
  const { address, rtspPort, username } = cameraOf('NL-D40').plan;
  const wrong = { host: address, port: rtspPort, username, password: 'guess' };
  const intruder = await TestRtspClient.connect(wrong);
  const reply = await intruder.request('DESCRIBE', cameraOf('NL-D40').streamUri('main'));
  expect(reply.status).toBe(401);
  expect(cameraOf('NL-D40').counters.rtspAuthFailures).toBeGreaterThan(0);
  intruder.close();
});

test('one session more than the camera has is answered with 453', async () => {
  const uri = cameraOf('SB-720E').streamUri('main');
  const clients = [await connect('SB-720E'), await connect('SB-720E'), await connect('SB-720E')];
  await clients[0]?.play(uri);
  await clients[1]?.play(uri);
  await expect(clients[2]?.play(uri)).rejects.toThrow('453');
  clients[0]?.close();
  await until('the session is gone', 2000, () => cameraOf('SB-720E').status().rtspSessions === 1);
  clients[1]?.close();
  clients[2]?.close();
});

test('ffmpeg receives H.264 with G.711 over UDP; a camera told to have none answers 461', async () => {
  const camera = fleet.cameras.find(({ plan }) => plan.audio);
  if (camera === undefined) throw new Error('no camera with audio');
  const probe = () =>
    run('ffprobe', [
      ...['-v', 'error', '-rtsp_transport', 'udp', '-analyzeduration', '1000000'],
      ...['-show_entries', 'stream=codec_name', '-of', 'csv=p=0'],
      uriWithCredentials(camera, 'main'),
    ]);
  const names = (await probe()).toString().trim().split('\n').sort();
  expect(names).toEqual(['h264', 'pcm_mulaw']);
  await fleet.setFault(camera.plan.id, { kind: 'no-udp' });
  await expect(probe()).rejects.toThrow();
  await fleet.setFault(camera.plan.id, null);
}, 20_000);

test('multicast, unknown paths, unknown sessions and unknown methods have their own answers', async () => {
  const client = await connect('KV-2100');
  const uri = cameraOf('KV-2100').streamUri('main');
  const multicast = { Transport: 'RTP/AVP;multicast;client_port=5000-5001' };
  expect((await client.request('SETUP', `${uri}/trackID=0`, multicast)).status).toBe(461);
  expect((await client.request('DESCRIBE', `${uri}x`)).status).toBe(404);
  expect((await client.request('PLAY', uri, { Session: 'nonsense' })).status).toBe(454);
  expect((await client.request('ANNOUNCE', uri)).status).toBe(501);
  client.close();
});

test('PAUSE stops the packets, PLAY goes on, TEARDOWN ends the session', async () => {
  const client = await connect('KV-2100');
  const camera = cameraOf('KV-2100');
  const uri = camera.streamUri('main');
  let count = 0;
  client.onPacket = ({ channel }) => {
    if (channel === 0) count += 1;
  };
  const session = (await client.play(uri)).headers.get('session')?.[0] ?? '';
  expect(session).toContain(';timeout=60');
  const id = { Session: session.split(';')[0] ?? '' };
  await until('packets', 3000, () => count > 3);
  expect((await client.request('PAUSE', uri, id)).status).toBe(200);
  const paused = count;
  expect((await client.request('GET_PARAMETER', uri, id)).status).toBe(200);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(count).toBe(paused);
  expect((await client.request('PLAY', uri, id)).status).toBe(200);
  await until('more packets', 3000, () => count > paused);
  expect((await client.request('TEARDOWN', uri, id)).status).toBe(200);
  expect(camera.status().rtspSessions).toBe(0);
  client.close();
});
