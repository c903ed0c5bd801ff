import { measureFirstFrames } from './live/first-frame.ts';
import { measureGlassToGlass } from './live/glass-to-glass.ts';
import { percentile } from './live/percentile.ts';
import { measureViewers } from './live/viewers.ts';
import { compare, type Figure, measure, reportFigures } from './report.ts';

/**
 * Live views, measured in Chromium and on one mediasoup worker. Peers, in the same run: waiting for
 * the camera's next key frame, ffmpeg that decodes straight from the camera, one ffmpeg per viewer.
 */
const wanted = ['first-frame', 'glass-to-glass', 'viewers'].filter((part) =>
  process.argv.includes(part),
);
const runs = (part: string): boolean => wanted.length === 0 || wanted.includes(part);
const figures: Figure[] = [];

if (runs('first-frame')) {
  const { asked, askedAgain, waited, subStream } = await measureFirstFrames(24);
  for (const [name, share] of [
    ['first-frame', 0.95],
    ['first-frame-median', 0.5],
  ] as const) {
    figures.push(compare(name, percentile(asked, share), 'ms', percentile(waited, share)));
  }
  figures.push(
    measure('first-frame-known-camera', percentile(askedAgain, 0.95), 'ms'),
    measure('first-frame-sub-stream', percentile(subStream, 0.95), 'ms'),
  );
}
if (runs('glass-to-glass')) {
  const { chromium, ffmpeg, ffmpegDefault } = await measureGlassToGlass(20);
  for (const [name, share] of [
    ['glass-to-glass', 0.95],
    ['glass-to-glass-median', 0.5],
  ] as const) {
    figures.push(compare(name, percentile(chromium, share), 'ms', percentile(ffmpeg, share)));
  }
  figures.push(measure('ffmpeg-without-options', percentile(ffmpegDefault, 0.95), 'ms'));
}
if (runs('viewers')) {
  const { viewers, workerPercent, percentPerViewer, ffmpegPercentPerViewer, kilobitsPerSecond } =
    await measureViewers(100, 300, 10);
  figures.push(
    measure('viewers-per-worker', viewers, 'viewers'),
    measure('worker-at-that-load', workerPercent, '% of a core'),
    compare('cpu-per-viewer', percentPerViewer, '% of a core', ffmpegPercentPerViewer),
    measure('stream-per-viewer', kilobitsPerSecond, 'kbit/s'),
  );
}
reportFigures('live', figures, process.argv);
