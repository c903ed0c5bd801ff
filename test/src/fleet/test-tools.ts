import { spawn } from 'node:child_process';
import type { SimulatedCamera } from './camera.ts';
import { readFrameIndex } from './streams/frame-code.ts';

/** Runs a program to its end and gives its standard output. Throws with its complaints. */
export function run(command: string, args: readonly string[]): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const output: Buffer[] = [];
    let complaints = '';
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => {
      complaints = (complaints + chunk.toString()).slice(-4000);
    });
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(Buffer.concat(output));
      else reject(new Error(`${command} ended with ${code}: ${complaints}`));
    });
  });
}

/** The address of a camera's stream with its credentials, as ffmpeg takes it. */
export function uriWithCredentials(camera: SimulatedCamera, stream: 'main' | 'sub'): string {
  const { username, password } = camera.plan;
  const login = `${encodeURIComponent(username)}:${encodeURIComponent(password)}`;
  return camera.streamUri(stream).replace('rtsp://', `rtsp://${login}@`);
}

/** Lets ffmpeg pull and decode a stream's next frames; gives their luma planes. */
export async function decodeFrames(
  camera: SimulatedCamera,
  stream: 'main' | 'sub',
  frameCount: number,
  size: { readonly width: number; readonly height: number },
): Promise<Buffer[]> {
  const pixels = await run('ffmpeg', [
    ...['-v', 'error', '-rtsp_transport', 'tcp', '-i', uriWithCredentials(camera, stream)],
    ...['-an', '-frames:v', String(frameCount), '-vsync', 'passthrough'],
    ...['-vf', `scale=${size.width}:${size.height},format=gray`, '-f', 'rawvideo', 'pipe:1'],
  ]);
  const frameBytes = size.width * size.height;
  return Array.from({ length: Math.floor(pixels.length / frameBytes) }, (_, index) =>
    pixels.subarray(index * frameBytes, (index + 1) * frameBytes),
  );
}

/** The burnt-in numbers of decoded frames. */
export function frameIndexes(frames: readonly Buffer[], width: number): (number | null)[] {
  return frames.map((luma) => readFrameIndex(luma, width));
}

/** Waits until a condition holds; throws after `timeoutMs`. */
export async function until(
  what: string,
  timeoutMs: number,
  condition: () => boolean | Promise<boolean>,
): Promise<void> {
  const giveUpAtMs = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > giveUpAtMs) throw new Error(`waited ${timeoutMs} ms for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
