/**
 * Processor and memory of pulled streams:
 * `node media/bench/pull-streams.ts [streams] [seconds] [tcp|udp]`. A child process plays
 * 1.5 Mbit/s, 25 pictures a second, to each over the loopback interface; this process pulls them through the hub into sinks that look at each header. Prints one JSON line.
 */
import { fork } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { systemClock } from '../src/clock.ts';
import { createStreamHub } from '../src/hub/stream-hub.ts';
import type { StreamSink } from '../src/hub/stream-hub-types.ts';
import { rtpMarker } from '../src/rtp/rtp-packet.ts';
import { H264_SDP, interleave, rtpPacket } from '../src/rtsp/testing/scripted-rtsp-server.ts';

const FRAME_MS = 40;
const GROUPS = 10;
const PACKETS_PER_FRAME = 6;
const PAYLOAD_BYTES = 1240;
const INTERLEAVED_BYTES = 4;

if (process.argv[2] === 'blaster') await blast();
else {
  const transport = process.argv[4] === 'udp' ? 'udp' : 'tcp';
  await measure(Number(process.argv[2] ?? 200), Number(process.argv[3] ?? 10), transport);
}

async function measure(streams: number, seconds: number, transport: 'tcp' | 'udp'): Promise<void> {
  const child = fork(new URL(import.meta.url).pathname, ['blaster'], { stdio: 'inherit' });
  const [port] = await once(child, 'message');
  const hub = createStreamHub({ clock: systemClock, random: Math.random });
  let frames = 0;
  const sink: StreamSink = {
    onStart() {},
    onRtp(_track, buffer, offset) {
      if (rtpMarker(buffer, offset)) frames++;
    },
    onSenderReport() {},
    onStop() {},
  };
  const startedMs = performance.now();
  for (let index = 0; index < streams; index++) {
    const url = `rtsp://127.0.0.1:${port}/${index}`;
    const credential = { username: undefined, password: undefined };
    hub.subscribe({ key: String(index), url, ...credential, transport }, sink);
  }
  while (hub.statuses().some((status) => status.state.kind !== 'flowing')) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const connectedMs = performance.now() - startedMs;
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const framesBefore = frames;
  const cpuBefore = process.cpuUsage();
  const fromMs = performance.now();
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  const cpu = process.cpuUsage(cpuBefore);
  const tookMs = performance.now() - fromMs;
  const framesSeen = frames - framesBefore;
  const counters = hub.statuses().map((status) => status.counters);
  const percent = ((cpu.user + cpu.system) / 1000 / tookMs) * 100;
  console.log(
    JSON.stringify({
      streams,
      transport,
      connectedMs: Math.round(connectedMs),
      framesPerSecondPerStream: Number(((framesSeen / streams / tookMs) * 1000).toFixed(2)),
      lostPackets: counters.reduce((sum, one) => sum + one.lost, 0),
      sessionsPerStream: Math.max(...counters.map((one) => one.sessions)),
      cpuPercentPerStream: Number((percent / streams).toFixed(4)),
      ofThatInKernel: Number((cpu.system / (cpu.user + cpu.system)).toFixed(2)),
      rssMb: Math.round(process.memoryUsage().rss / 1e6),
      heapMb: Math.round(process.memoryUsage().heapUsed / 1e6),
    }),
  );
  child.kill();
  await hub.stop();
}

async function blast(): Promise<void> {
  const groups: Set<Socket>[] = Array.from({ length: GROUPS }, () => new Set());
  const udpGroups: number[][] = Array.from({ length: GROUPS }, () => []);
  const udp = createSocket({ type: 'udp4', sendBufferSize: 4 << 20 });
  udp.bind(0, '127.0.0.1');
  await once(udp, 'listening');
  let accepted = 0;
  const server = createServer((socket) => {
    const group = groups[accepted % GROUPS];
    const udpGroup = udpGroups[accepted++ % GROUPS];
    let clientPort = 0;
    socket.setNoDelay(true);
    socket.on('error', () => {});
    socket.on('close', () => group?.delete(socket));
    socket.on('data', (bytes) => {
      for (const text of bytes.toString('latin1').split('\r\n\r\n')) {
        const method = /^[A-Z]+/.exec(text)?.[0];
        const cseq = /CSeq: (\d+)/.exec(text)?.[1];
        if (method === undefined || cseq === undefined) continue;
        clientPort = Number(/client_port=(\d+)/.exec(text)?.[1] ?? clientPort);
        socket.write(answer(method, cseq, clientPort, udp.address().port));
        if (method === 'PLAY' && clientPort > 0) udpGroup?.push(clientPort);
        else if (method === 'PLAY') group?.add(socket);
      }
    });
  });
  server.listen(0, '127.0.0.1', 4096);
  await once(server, 'listening');
  process.send?.((server.address() as AddressInfo).port);
  process.on('disconnect', () => process.exit());
  const startedMs = performance.now();
  let slot = 0;
  const play = (): void => {
    while ((performance.now() - startedMs) / (FRAME_MS / GROUPS) > slot) {
      const bytes = frame(Math.floor(slot / GROUPS));
      for (const socket of groups[slot % GROUPS] ?? []) socket.write(bytes);
      for (const port of udpGroups[slot % GROUPS] ?? []) {
        for (let at = 0; at < bytes.length; at += bytes.length / PACKETS_PER_FRAME) {
          const end = at + bytes.length / PACKETS_PER_FRAME;
          udp.send(bytes.subarray(at + INTERLEAVED_BYTES, end), port, '127.0.0.1');
        }
      }
      slot++;
    }
    setTimeout(play, 1);
  };
  play();
}

function answer(method: string, cseq: string, clientPort: number, serverPort: number): string {
  const start = `RTSP/1.0 200 OK\r\nCSeq: ${cseq}\r\n`;
  if (method === 'DESCRIBE') return `${start}Content-Length: ${H264_SDP.length}\r\n\r\n${H264_SDP}`;
  if (method === 'SETUP') {
    const udp = `RTP/AVP;unicast;client_port=${clientPort}-${clientPort + 1};server_port=${serverPort}-${serverPort}`;
    const transport = clientPort > 0 ? udp : 'RTP/AVP/TCP;interleaved=0-1';
    return `${start}Session: 1\r\nTransport: ${transport}\r\n\r\n`;
  }
  return `${start}\r\n`;
}

function frame(number: number): Buffer {
  const packets: Buffer[] = [];
  for (let index = 0; index < PACKETS_PER_FRAME; index++) {
    const packet = rtpPacket({
      sequence: number * PACKETS_PER_FRAME + index,
      timestamp: number * FRAME_MS * 90,
      payload: Buffer.alloc(PAYLOAD_BYTES, 1),
    });
    if (index === PACKETS_PER_FRAME - 1) packet[1] = 0x80 | 96;
    packets.push(interleave(0, packet));
  }
  return Buffer.concat(packets);
}
