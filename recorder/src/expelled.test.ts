import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ChainEntry } from '@nigehban/domain/footage.ts';
import { SinkFanout } from '@nigehban/media/hub/sink-fanout.ts';
import { expect, test, vi } from 'vitest';
import { verifyFootage } from './chain/verify-footage.ts';
import { startRecorder } from './recorder.ts';
import { FakeCamera, h264Track } from './testing/fake-camera.ts';
import { FakeHub } from './testing/fake-hub.ts';
import { ManualClock } from './testing/manual-clock.ts';

/** A hub that treats its sinks as the real one does: who throws is out. */
class ExpellingHub extends FakeHub {
  override subscribe(...[source, sink]: Parameters<FakeHub['subscribe']>) {
    const fanout = new SinkFanout(() => {});
    const leave = fanout.add(sink, undefined);
    const playing = { epoch: 2, tracks: [h264Track], playedAtUs: 0 };
    const inner = super.subscribe(source, {
      onStart: (session) => fanout.start(session),
      onRtp: (...packet) => fanout.rtp(...packet),
      onSenderReport: (...report) => fanout.senderReport(...report),
      onStop: (stop) => fanout.stop(stop),
    });
    // Whoever comes to a stream that flows hears its session at once.
    if (this.status(source.key)?.state.kind === 'flowing') fanout.start(playing);
    return {
      close: () => {
        leave();
        return inner.close();
      },
    };
  }
}

test('a fault of ours while a packet is taken costs a moment, not the rest of the recording', async () => {
  const root = await mkdtemp(join(tmpdir(), 'nigehban-expelled-'));
  const clock = new ManualClock();
  const hub = new ExpellingHub(() => clock.wallUs());
  const entries: ChainEntry[] = [];
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const recorder = await startRecorder(
    { nodeId: 'node-1', footageFolder: root, segmentMs: 2000 },
    { hub, clock, log, onEntry: (entry) => entries.push(entry) },
  );
  try {
    const source = { url: 'rtsp://127.0.0.9/', username: undefined, password: undefined };
    recorder.apply([
      { cameraId: 7, cameraCode: 'C7', stationCode: 'S1', source: { key: '7', ...source } },
    ]);
    await vi.waitFor(() => expect(hub.subscribed('7')).toBe(true), 10_000);
    hub.play('7', [h264Track]);
    const camera = new FakeCamera(hub, '7');
    const film = async (seconds: number) => {
      for (let picture = 0; picture < seconds * 25; picture++) {
        clock.advance(40);
        camera.picture();
        if (picture % 25 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      }
    };
    await film(5);
    // A packet that no check foresaw.
    const unforeseen = new Proxy(Buffer.alloc(40), {
      get(_target, name) {
        if (name === 'length') return 40;
        throw new Error('unforeseen');
      },
    });
    hub.rtp('7', 0, unforeseen);
    await film(8);
    expect(recorder.status().cameras[0]).toMatchObject({ recording: true });
    await recorder.stop();
    const gaps = entries.filter((entry) => entry.kind === 'gap');
    expect(gaps.reduce((sum, gap) => sum + gap.endUs - gap.startUs, 0)).toBeLessThan(4e6);
    expect((await verifyFootage(root)).cameras[0]?.problems).toEqual([]);
  } finally {
    await recorder.stop();
    await rm(root, { recursive: true, force: true });
  }
});
