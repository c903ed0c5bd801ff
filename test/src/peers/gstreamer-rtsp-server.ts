import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export interface GstreamerRtspOptions {
  /** Digest authentication when given. */
  readonly credential?: { readonly username: string; readonly password: string };
  /** 0, the default, takes a free port. */
  readonly port?: number;
  readonly sessionTimeoutS?: number;
  readonly width?: number;
  readonly height?: number;
  readonly framesPerSecond?: number;
  readonly kilobitsPerSecond?: number;
  /** Seconds between in-band parameter sets; 0 leaves them to the SDP, -1 sends them at each key frame. */
  readonly configIntervalS?: number;
}

/** H.264; H.264 and G.711; H.265; motion JPEG 4:2:0; motion JPEG 4:2:2. */
export type GstreamerStream = 'main' | 'audio' | 'alaw' | 'hevc' | 'mjpeg' | 'mjpeg422';

export interface GstreamerRtspServer {
  readonly port: number;
  /** Without user info. */
  url(path: GstreamerStream): string;
  /** Kills the server, as if the camera lost power. */
  kill(): Promise<void>;
}

const SCRIPT = new URL('gstreamer_rtsp_server.py', import.meta.url).pathname;

/**
 * Starts GStreamer's RTSP server (Debian: python3-gi, gir1.2-gst-rtsp-server-1.0, the base, good,
 * bad and ugly plugins) on 127.0.0.1. Rejects with its error output when it cannot run.
 */
export async function startGstreamerRtspServer(
  options: GstreamerRtspOptions = {},
): Promise<GstreamerRtspServer> {
  const parameters: [string, string | number | undefined][] = [
    ['port', options.port],
    ['username', options.credential?.username],
    ['password', options.credential?.password],
    ['session-timeout', options.sessionTimeoutS],
    ['width', options.width],
    ['height', options.height],
    ['fps', options.framesPerSecond],
    ['kbps', options.kilobitsPerSecond],
    ['config-interval', options.configIntervalS],
  ];
  const set = parameters.flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}=${value}`],
  );
  // Debian's bindings belong to Debian's Python, whichever python3 comes first in the path.
  const child = spawn('/usr/bin/python3', [SCRIPT, ...set], { stdio: 'pipe' });
  const port = await listeningPort(child);
  return {
    port,
    url: (path) => `rtsp://127.0.0.1:${port}/${path}`,
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
      child.kill('SIGKILL');
      await gone;
    },
  };
}

function listeningPort(child: ChildProcessWithoutNullStreams): Promise<number> {
  return new Promise((resolve, reject) => {
    let complaint = '';
    child.stderr.on('data', (bytes) => {
      complaint = (complaint + String(bytes)).slice(-2000);
    });
    child.once('error', reject);
    child.once('exit', (code) => {
      reject(new Error(`GStreamer's RTSP server ended with ${code}: ${complaint}`));
    });
    createInterface({ input: child.stdout }).once('line', (line) => {
      resolve(Number(JSON.parse(line).port));
    });
  });
}
