import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePorts } from '../journey/free-ports.ts';

export interface VlcRtspServer {
  /** H.264, 320x240, 15 pictures a second; over UDP only: VLC knows no interleaved transport. */
  readonly url: string;
  kill(): Promise<void>;
}

const run = promisify(execFile);
/** VLC ends with its file, so that it never outlives a test for long. */
const fileSeconds = 120;
const nobody = 65_534;

/**
 * Plays a file that ffmpeg made through VLC's RTSP server (Debian: vlc-bin, vlc-plugin-base) on
 * 127.0.0.1, as user nobody when we are root, as which VLC refuses to run. Rejects with its error
 * output when it does not listen within 15 s.
 */
export async function startVlcRtspServer(): Promise<VlcRtspServer> {
  const folder = await mkdtemp(join(tmpdir(), 'nigehban-vlc-'));
  const file = join(folder, 'scene.ts');
  await run('ffmpeg', [
    ...[
      '-v',
      'error',
      '-f',
      'lavfi',
      '-i',
      `testsrc2=size=320x240:rate=15:duration=${fileSeconds}`,
    ],
    ...['-threads', '1', '-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '0', '-g', '15', file],
  ]);
  await chmod(folder, 0o755);
  await chmod(file, 0o644);
  const [port = 0] = await freePorts(1);
  const child = spawn(
    '/usr/bin/vlc',
    [
      ...['-I', 'dummy', '--no-audio', '--no-dbus', '--play-and-exit', file],
      ...['--sout', `#rtp{sdp=rtsp://127.0.0.1:${port}/scene}`],
    ],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { PATH: process.env.PATH, HOME: folder },
      ...(process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {}),
    },
  );
  let complaint = '';
  child.stderr.on('data', (bytes) => {
    complaint = (complaint + String(bytes)).slice(-2000);
  });
  const kill = async (): Promise<void> => {
    await ended(child);
    await rm(folder, { recursive: true, force: true });
  };
  const giveUpAtMs = performance.now() + 15_000;
  while (!(await listens(port))) {
    if (performance.now() > giveUpAtMs || child.exitCode !== null) {
      await kill();
      throw new Error(`VLC's RTSP server does not listen: ${complaint}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return { url: `rtsp://127.0.0.1:${port}/scene`, kill };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGKILL');
  await gone;
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
