import type { StreamQuality } from '@nigehban/domain/camera.ts';
import type { LiveSound } from '@nigehban/domain/live-sound.ts';
import { ConsoleSocket, type SocketLike } from '../../live-state/console-socket.ts';
import { PictureSession } from '../../wall/picture-session.ts';
import { LiveClient } from '../live-client.ts';
import type { LiveHearing, LiveHearingStats } from '../live-hearing.ts';
import type { LivePicture, LivePictureStats } from '../live-picture.ts';

/** What a test reads of one shown picture. */
export interface ShownPicture {
  readonly state: string;
  readonly fault: string | null;
  readonly quality: StreamQuality | null;
  readonly frames: number;
  /** From the wish to the first frame on the screen. */
  readonly firstFrameMs: number | null;
  readonly sinceFrameMs: number | null;
  readonly watches: number;
  readonly stats: LivePictureStats | null;
}

/** What the page offers to the test that drives it. */
export interface LivePage {
  show(cameraId: number, quality: StreamQuality): number;
  hide(index: number): void;
  facts(): Promise<readonly ShownPicture[]>;
  /** Luma of the picture's top left part, row by row, as the browser shows it. */
  luma(index: number, width: number, height: number): readonly number[];
  pause(index: number): Promise<void>;
  resume(index: number): Promise<void>;
  /** What there is to hear beside a picture. */
  sound(index: number): LiveSound | null;
  /** Plays a picture's sound; rejects with the fault's code. */
  listen(index: number): Promise<void>;
  unlisten(index: number): void;
  heard(index: number): Promise<HeardSound | null>;
  /** Keeps the top edge of each frame that is shown from now on. */
  record(index: number): void;
  recorded(index: number): readonly RecordedFrame[];
  /** The clock of {@link RecordedFrame}. */
  nowMs(): number;
}

/** What a test reads of a sound. */
export interface HeardSound {
  /** Its end, as the server gave the reason; null while it goes on. */
  readonly end: string | null;
  readonly stats: LiveHearingStats | null;
  /** Of what came out of the decoder just now (WebAudio): its strongest frequency and level. */
  readonly frequencyHz: number;
  readonly peak: number;
}

/** The top edge of a shown frame, where simulated cameras burn in the frame's number. */
export interface RecordedFrame {
  /** When it is on the screen. */
  readonly atMs: number;
  readonly widthPx: number;
  /** 320 by 8 pixels. */
  readonly luma: readonly number[];
}

interface Shown {
  readonly session: PictureSession;
  readonly video: HTMLVideoElement;
  readonly startedMs: number;
  picture: LivePicture | null;
  watches: number;
  frames: number;
  firstFrameMs: number | null;
  lastFrameMs: number | null;
  recorded: RecordedFrame[] | null;
  hearing: Hearing | null;
}

interface Hearing {
  readonly track: LiveHearing;
  readonly analyser: AnalyserNode;
  end: string | null;
}

const edge = { width: 320, height: 8 } as const;

const socket = new ConsoleSocket({
  open: () => new WebSocket(`ws://${location.host}/api/ws`) as SocketLike,
  random: Math.random,
  setTimer: (run, delayMs) => setTimeout(run, delayMs),
  clearTimer: (timer) => clearTimeout(timer as number),
});
const client = new LiveClient((method, params) => socket.request(method, params));
socket.onMessage((message) => client.receive(message));
socket.start();

const shown: Shown[] = [];

function show(cameraId: number, quality: StreamQuality): number {
  const video = document.createElement('video');
  video.muted = true;
  video.width = 320;
  document.body.append(video);
  const session = new PictureSession(
    {
      nowMs: () => performance.now(),
      random: Math.random,
      setTimer: (run, delayMs) => setTimeout(run, delayMs),
      clearTimer: (timer) => clearTimeout(timer as number),
    },
    {
      watch: async (id, asked) => {
        const picture = await client.watch(id, asked);
        entry.picture = picture;
        entry.watches += 1;
        return picture;
      },
    },
    cameraId,
    quality,
  );
  const entry: Shown = {
    session,
    video,
    startedMs: performance.now(),
    picture: null,
    watches: 0,
    frames: 0,
    firstFrameMs: null,
    lastFrameMs: null,
    recorded: null,
    hearing: null,
  };
  const frame: VideoFrameRequestCallback = (_, metadata) => {
    const atMs = Math.max(performance.now(), metadata.expectedDisplayTime);
    entry.recorded?.push({ atMs, widthPx: video.videoWidth, luma: edgeOf(video) });
    entry.frames += 1;
    entry.lastFrameMs = performance.now();
    entry.firstFrameMs ??= entry.lastFrameMs - entry.startedMs;
    session.confirm();
    video.requestVideoFrameCallback(frame);
  };
  video.requestVideoFrameCallback(frame);
  session.subscribe(() => {
    const state = session.state();
    if (state.kind !== 'playing' || video.srcObject === state.watch.stream) return;
    video.srcObject = state.watch.stream;
    void video.play();
  });
  session.start();
  return shown.push(entry) - 1;
}

async function factsOf(entry: Shown): Promise<ShownPicture> {
  const state = entry.session.state();
  const { lastFrameMs } = entry;
  return {
    state: state.kind,
    fault: state.kind === 'waiting' ? state.fault : null,
    quality: state.kind === 'playing' ? state.watch.quality : null,
    frames: entry.frames,
    firstFrameMs: entry.firstFrameMs,
    sinceFrameMs: lastFrameMs === null ? null : performance.now() - lastFrameMs,
    watches: entry.watches,
    stats: (await entry.picture?.stats()) ?? null,
  };
}

function lumaOf(video: HTMLVideoElement, width: number, height: number): number[] {
  if (video.videoWidth === 0) return [];
  return drawnLuma(width, height, (context) =>
    context.drawImage(video, 0, 0, width, height, 0, 0, width, height),
  );
}

function drawnLuma(
  width: number,
  height: number,
  draw: (context: OffscreenCanvasRenderingContext2D) => void,
): number[] {
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  if (context === null) return [];
  draw(context);
  const { data } = context.getImageData(0, 0, width, height);
  const luma: number[] = [];
  for (let at = 0; at < data.length; at += 4) {
    luma.push(
      Math.round(
        0.299 * (data[at] ?? 0) + 0.587 * (data[at + 1] ?? 0) + 0.114 * (data[at + 2] ?? 0),
      ),
    );
  }
  return luma;
}

function edgeOf(video: HTMLVideoElement): number[] {
  const { width, height } = edge;
  const sourceHeight = (video.videoWidth * height) / width;
  return drawnLuma(width, height, (context) =>
    context.drawImage(video, 0, 0, video.videoWidth, sourceHeight, 0, 0, width, height),
  );
}

async function listen(entry: Shown): Promise<void> {
  if (entry.picture === null) throw new Error('no picture');
  const track = await entry.picture.listen();
  // Chromium decodes a remote track for WebAudio only while an element plays it.
  const element = new Audio();
  element.srcObject = track.stream;
  await element.play();
  const context = new AudioContext();
  await context.resume();
  const analyser = context.createAnalyser();
  analyser.fftSize = 4096;
  context.createMediaStreamSource(track.stream).connect(analyser);
  const hearing: Hearing = { track, analyser, end: null };
  track.onEnd((end) => {
    hearing.end = end === 'connection' ? end : end.reason;
  });
  entry.hearing = hearing;
}

async function heardOf(hearing: Hearing): Promise<HeardSound> {
  const { analyser, track, end } = hearing;
  const samples = new Float32Array(analyser.fftSize);
  analyser.getFloatTimeDomainData(samples);
  const levels = new Float32Array(analyser.frequencyBinCount);
  analyser.getFloatFrequencyData(levels);
  const strongest = levels.indexOf(Math.max(...levels));
  return {
    end,
    stats: await track.stats(),
    frequencyHz: (strongest * analyser.context.sampleRate) / analyser.fftSize,
    peak: Math.max(...samples.map(Math.abs)),
  };
}

const page: LivePage = {
  show,
  hide: (index) => shown[index]?.session.stop(),
  facts: () => Promise.all(shown.map(factsOf)),
  luma: (index, width, height) => {
    const video = shown[index]?.video;
    return video === undefined ? [] : lumaOf(video, width, height);
  },
  pause: async (index) => shown[index]?.picture?.pause(),
  resume: async (index) => shown[index]?.picture?.resume(),
  sound: (index) => shown[index]?.picture?.sound ?? null,
  async listen(index) {
    const entry = shown[index];
    if (entry !== undefined) await listen(entry);
  },
  unlisten: (index) => shown[index]?.hearing?.track.close(),
  async heard(index) {
    const hearing = shown[index]?.hearing ?? null;
    return hearing === null ? null : await heardOf(hearing);
  },
  record(index) {
    const entry = shown[index];
    if (entry !== undefined) entry.recorded = [];
  },
  recorded: (index) => shown[index]?.recorded ?? [],
  nowMs: () => performance.now(),
};

Object.assign(window, { livePage: page });
