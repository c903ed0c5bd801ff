import { expect, test } from 'vitest';
import { interleave, ScriptedRtspServer } from '../rtsp/testing/scripted-rtsp-server.ts';
import { jpegPackets } from '../testing/jpeg-packets.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { until } from '../testing/until.ts';
import { createStreamHub } from './stream-hub.ts';
import type { StreamEvent } from './stream-hub-types.ts';

const sdp =
  'v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=video 0 RTP/AVP 26\r\na=control:track1\r\n';

async function firstEvent(widthPx: number): Promise<StreamEvent | undefined> {
  const server = await ScriptedRtspServer.listen({ sdp });
  const clock = new ManualClock();
  const hub = createStreamHub({ clock, random: () => 0.5 });
  try {
    const events: StreamEvent[] = [];
    hub.onEvent((event) => events.push(event));
    const source = { key: 'camera', url: server.url, username: undefined, password: undefined };
    hub.subscribe(source, { onStart() {}, onRtp() {}, onSenderReport() {}, onStop() {} });
    await until(() => server.last?.playing === true, 'PLAY');
    const picture = { type: 1, widthPx, heightPx: 1080, tables: [Buffer.alloc(64, 1)] } as const;
    const scan = Buffer.alloc(100, 7);
    const fields = { sequence: 1, timestamp: 0 };
    for (const packet of jpegPackets({ ...picture, restartInterval: 0, scan }, fields)) {
      server.last?.send(interleave(0, packet));
    }
    await until(() => events.length > 0, 'an event');
    return events[0];
  } finally {
    const stopped = hub.stop();
    clock.advance(1000);
    await stopped;
    await server.close();
  }
}

test('motion JPEG whose size RTP cannot tell is a fault of its codec, and does not flow', async () => {
  // RFC 2435: zero stands for what does not fit into eight bits of eight pixels.
  expect(await firstEvent(0)).toMatchObject({
    kind: 'down',
    stop: { cause: 'failed', error: { code: 'CODEC_UNSUPPORTED' } },
  });
  expect(await firstEvent(1920)).toMatchObject({ kind: 'flowing' });
});
