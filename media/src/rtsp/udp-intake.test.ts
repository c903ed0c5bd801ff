import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import { systemClock } from '../clock.ts';
import { rtpSequence } from '../rtp/rtp-packet.ts';
import { rtpPacket } from '../testing/rtp-packets.ts';
import { until } from '../testing/until.ts';
import { createReadArena } from './read-arena.ts';
import { DEFAULT_RTSP_SETTINGS } from './rtsp-settings.ts';
import { UdpIntake } from './udp-intake.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function startIntake() {
  const sequences: number[] = [];
  const intake = new UdpIntake(
    {
      clock: systemClock,
      arena: createReadArena(),
      settings: DEFAULT_RTSP_SETTINGS,
      tickMs: 250,
      random: Math.random,
    },
    {
      admit: () => true,
      onRtp: (_track, buffer, offset) => sequences.push(rtpSequence(buffer, offset)),
      onRtcp() {},
    },
  );
  const pair = await intake.open(0, '127.0.0.1');
  ends.push(() => intake.close());
  const sender = createSocket('udp4');
  ends.push(() => sender.close());
  sender.connect(pair.rtpPort, '127.0.0.1');
  await once(sender, 'connect');
  pair.accept({ address: '127.0.0.1', source: undefined, rtpPort: undefined, rtcpPort: undefined });
  const send = (sequence: number) =>
    sender.send(rtpPacket(Buffer.alloc(3), { sequence, timestamp: 0, marker: false, ssrc: 1 }));
  return { intake, sequences, send };
}

/** Nothing of this process runs meanwhile, as beside a machine's other work. */
function standStill(forMs: number): void {
  const untilMs = performance.now() + forMs;
  while (performance.now() < untilMs);
}

test('a process that stood still for longer than a packet is waited for loses none that had come', async () => {
  const { intake, sequences, send } = await startIntake();
  send(1);
  send(3);
  await until(() => sequences.length === 1);
  await new Promise((done) => setImmediate(done));
  send(4);
  send(2);
  standStill(2 * (DEFAULT_RTSP_SETTINGS.udp.reorder.maxDelayUs / 1000));
  // As the timers do, before any socket is read.
  intake.tick();
  await until(() => sequences.length >= 4);
  expect(sequences).toEqual([1, 2, 3, 4]);
});

test('what is really lost is given up by the tick, without another packet', async () => {
  const { intake, sequences, send } = await startIntake();
  send(1);
  send(3);
  await until(() => {
    intake.tick();
    return sequences.length === 2;
  });
  expect(sequences).toEqual([1, 3]);
});
