import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** One ffmpeg for each camera, as a recorder made of ffmpeg processes runs them. */
export interface FfmpegPeer {
  pids(): readonly number[];
  /** How many are still running. */
  alive(): number;
  /** How many have begun to write. */
  writing(): number;
  stop(): Promise<void>;
}

/**
 * Starts one ffmpeg for each URL: RTSP over TCP, no re-encoding, fragmented MP4 files of 10 s with a
 * fragment each second that is written at once. It neither hashes nor indexes.
 */
export function startFfmpegPeer(urls: readonly string[], folder: string): FfmpegPeer {
  const folders = urls.map((_, index) => join(folder, String(index)));
  const children = urls.map((url, index) => {
    const files = folders[index] ?? folder;
    mkdirSync(files, { recursive: true });
    const fragments = 'movflags=+frag_keyframe+empty_moov+default_base_moof:frag_duration=1000000';
    return spawn(
      'ffmpeg',
      [
        ...['-nostdin', '-nostats', '-v', 'error', '-rtsp_transport', 'tcp', '-i', url],
        ...['-an', '-c', 'copy', '-f', 'segment', '-segment_time', '10'],
        ...['-segment_format', 'mp4', '-segment_format_options', `${fragments}:flush_packets=1`],
        join(files, '%05d.mp4'),
      ],
      { stdio: ['ignore', 'ignore', 'inherit'] },
    );
  });
  const isAlive = (child: ChildProcess) => child.exitCode === null && child.signalCode === null;
  return {
    pids: () => children.filter(isAlive).flatMap(({ pid }) => pid ?? []),
    alive: () => children.filter(isAlive).length,
    writing: () => folders.filter((files) => readdirSync(files).length > 0).length,
    async stop() {
      await Promise.all(
        children.filter(isAlive).map((child) => {
          const ended = new Promise((resolve) => child.once('exit', resolve));
          child.kill('SIGKILL');
          return ended;
        }),
      );
    },
  };
}
