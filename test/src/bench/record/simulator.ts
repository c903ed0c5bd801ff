/**
 * A process that plays many cameras from one clip, as lean as it can be: bursts are made once, only
 * sequence numbers and timestamps are written into them each time round.
 * `node simulator.ts <clip file> <cameras> <first address number>`, commanded over IPC.
 */
import { readFileSync } from 'node:fs';
import { CameraServer } from './camera-server.ts';
import {
  type Burst,
  copyBursts,
  framesPerSecond,
  packetizeClip,
  stampBurst,
  ticksPerFrame,
} from './clip.ts';
import type { SimulatorCommand, SimulatorReport } from './simulator-protocol.ts';

const framesPerBurst = 1;
/** Cameras are spread over as many phases as there are bursts in a group of pictures. */
const phaseCount = 50;

interface Phase {
  readonly bursts: readonly Burst[];
  readonly cameras: CameraServer[];
  sequence: number;
}

const [clipFile = '', cameraCount = '1', firstAddress = '0'] = process.argv.slice(2);
const clip = packetizeClip(readFileSync(clipFile), framesPerBurst);
const cameras: CameraServer[] = [];
const phases: Phase[] = [];
for (let index = 0; index < Math.min(phaseCount, Number(cameraCount)); index++) {
  phases.push({ bursts: copyBursts(clip.bursts), cameras: [], sequence: index * 1000 });
}
const urls: string[] = [];
for (let index = 0; index < Number(cameraCount); index++) {
  const camera = new CameraServer(clip.sdp, framesPerBurst);
  const number = Number(firstAddress) + index;
  const address = `127.30.${1 + Math.floor(number / 250)}.${1 + (number % 250)}`;
  await camera.listen(address);
  cameras.push(camera);
  phases[index % phases.length]?.cameras.push(camera);
  urls.push(`rtsp://${address}:${camera.port}/main`);
}

const slotMs = (framesPerBurst * 1000) / framesPerSecond / phases.length;
const startedMs = performance.now();
let slot = 0;
let sending = true;
let latestMs = 0;

function send(): void {
  const elapsedMs = performance.now() - startedMs;
  latestMs = Math.max(latestMs, elapsedMs - slot * slotMs);
  while (sending && slot * slotMs <= elapsedMs) {
    const phase = phases[slot % phases.length];
    const turn = Math.floor(slot / phases.length);
    // Each phase is at another burst of the group of pictures: key frames are spread evenly.
    const burst = phase?.bursts[(turn + (slot % phases.length)) % phase.bursts.length];
    slot += 1;
    if (phase === undefined || burst === undefined) continue;
    stampBurst(burst, phase.sequence, turn * framesPerBurst * ticksPerFrame, Date.now());
    phase.sequence += burst.packets.length;
    for (const camera of phase.cameras) camera.send(burst.bytes, burst.startsWithKey);
  }
  if (sending) setTimeout(send, 1);
}

function tell(report: SimulatorReport): void {
  process.send?.(report);
}

process.on('disconnect', () => process.exit());
process.on('message', (command: SimulatorCommand) => {
  if (command.kind === 'behave') {
    cameras[command.camera]?.behave(command.behaviour);
    return;
  }
  if (command.kind === 'stop-sending') sending = false;
  tell({
    kind: 'sent',
    frames: cameras.map((camera) => camera.framesSent),
    stuck: cameras.reduce((sum, camera) => sum + camera.stuck, 0),
    latestMs,
  });
  latestMs = 0;
});
tell({ kind: 'listening', urls, bitsPerSecond: clip.bitsPerSecond });
send();
