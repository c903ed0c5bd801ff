import { spawn } from 'node:child_process';
import { access, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { scenePainter } from './scene-painter.ts';
import { type PictureFormat, recipeHash, type StreamRecipe } from './stream-recipe.ts';

/** Called as streams are made: how many of them are there, of how many. */
export type StreamProgress = (made: number, total: number, title: string) => void;

/** The folder where made streams are kept between runs: `XDG_CACHE_HOME` or `~/.cache`. */
export function defaultStreamCache(environment: NodeJS.ProcessEnv): string {
  return join(environment.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'nigehban', 'fleet-streams');
}

/** The files of one recipe's streams. `alternate` is there for H.265 only, `audio` when asked. */
export const streamFiles = {
  main: 'main.annexb',
  mainStill: 'main-still.annexb',
  sub: 'sub.h264',
  subStill: 'sub-still.h264',
  alternate: 'alternate.annexb',
  audio: 'audio.ulaw',
  snapshot: 'snapshot.jpg',
} as const;

function h264Arguments(recipe: StreamRecipe, format: PictureFormat): string[] {
  const parameters = [
    `keyint=${recipe.gopFrames}`,
    `min-keyint=${recipe.gopFrames}`,
    'scenecut=0',
    'open-gop=0',
    'bframes=0',
    'force-cfr=1',
    `slices=${recipe.slices}`,
    `aud=${recipe.accessUnitDelimiters ? 1 : 0}`,
    `cabac=${recipe.profile === 'baseline' ? 0 : 1}`,
    `8x8dct=${recipe.profile === 'high' ? 1 : 0}`,
  ];
  return [
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-threads', '1', '-crf', '26'],
    ...['-profile:v', recipe.profile],
    ...['-maxrate', `${format.maxKilobits}k`, '-bufsize', `${format.maxKilobits}k`],
    ...['-x264-params', parameters.join(':'), '-f', 'h264'],
  ];
}

function h265Arguments(recipe: StreamRecipe, format: PictureFormat): string[] {
  const parameters = [
    'log-level=error',
    `keyint=${recipe.gopFrames}`,
    `min-keyint=${recipe.gopFrames}`,
    'scenecut=0',
    'open-gop=0',
    'bframes=0',
    'repeat-headers=1',
    'pools=1',
    'frame-threads=1',
    `vbv-maxrate=${format.maxKilobits}`,
    `vbv-bufsize=${format.maxKilobits}`,
  ];
  return [
    ...['-c:v', 'libx265', '-preset', 'ultrafast', '-crf', '28'],
    ...['-x265-params', parameters.join(':'), '-f', 'hevc'],
  ];
}

/**
 * The arguments of the one ffmpeg run that turns painted pictures on its standard input into all
 * files of a recipe; titles are read from `title-N.txt` in its working folder.
 */
export function buildEncoderArguments(recipe: StreamRecipe): string[] {
  const { main, sub, framesPerSecond, gopFrames } = recipe;
  const fontSize = Math.max(9, Math.round(main.height / 26));
  const box = 'fontcolor=white:box=1:boxcolor=black@0.55:boxborderw=4';
  const titles = recipe.titleLines.map(
    (_, line) =>
      `drawtext=font=DejaVu Sans:textfile=title-${line}.txt:expansion=none:fontsize=${fontSize}:` +
      `x=12:y=h-${(recipe.titleLines.length - line) * Math.round(fontSize * 1.7)}:${box}`,
  );
  const clock =
    `drawtext=font=DejaVu Sans Mono:text='%{pts\\:hms\\:${recipe.clockStartS}} #%{frame_num}':` +
    `fontsize=${fontSize}:x=w-tw-12:y=10:${box}`;
  const still = `select='eq(n,0)',loop=loop=${gopFrames - 1}:size=1,setpts=N/(${framesPerSecond}*TB)`;
  const isH265 = main.codec === 'H265';
  const graph = [
    `[0:v]${[...titles, clock].join(',')},split=${isH265 ? 6 : 5}[m][mk][k][s][j]${isH265 ? '[a]' : ''}`,
    `[mk]${still}[ms]`,
    `[k]${still},scale=${sub.width}:${sub.height}[ss]`,
    `[s]scale=${sub.width}:${sub.height}[sm]`,
    ...(isH265 ? [`[a]scale=${sub.width}:${sub.height}[am]`] : []),
  ];
  const rate = ['-r', String(framesPerSecond)];
  const mainArguments = isH265 ? h265Arguments(recipe, main) : h264Arguments(recipe, main);
  const subArguments = h264Arguments(recipe, sub);
  return [
    ...['-v', 'error', '-nostdin', '-y', '-f', 'rawvideo', '-pix_fmt', 'yuv420p'],
    ...['-s', `${main.width}x${main.height}`, ...rate, '-i', 'pipe:0'],
    ...(recipe.audio
      ? ['-f', 'lavfi', '-i', 'anoisesrc=r=8000:a=0.05:color=pink:s=1,tremolo=f=0.5:d=0.9']
      : []),
    ...['-filter_complex', graph.join(';')],
    ...['-map', '[m]', ...rate, ...mainArguments, streamFiles.main],
    ...['-map', '[ms]', ...rate, ...mainArguments, streamFiles.mainStill],
    ...['-map', '[sm]', ...rate, ...subArguments, streamFiles.sub],
    ...['-map', '[ss]', ...rate, ...subArguments, streamFiles.subStill],
    ...(isH265 ? ['-map', '[am]', ...rate, ...mainArguments, streamFiles.alternate] : []),
    ...['-map', '[j]', '-frames:v', '1', '-q:v', '4', '-f', 'mjpeg', streamFiles.snapshot],
    ...(recipe.audio
      ? [
          ...['-map', '1:a', '-t', String(recipe.frameCount / framesPerSecond)],
          ...['-ac', '1', '-ar', '8000', '-c:a', 'pcm_mulaw', '-f', 'mulaw', streamFiles.audio],
        ]
      : []),
  ];
}

async function encode(recipe: StreamRecipe, folder: string): Promise<void> {
  await Promise.all(
    recipe.titleLines.map((text, line) => writeFile(join(folder, `title-${line}.txt`), text)),
  );
  const ffmpeg = spawn('ffmpeg', buildEncoderArguments(recipe), {
    cwd: folder,
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  let complaints = '';
  ffmpeg.stderr.on('data', (chunk: Buffer) => {
    complaints = (complaints + chunk.toString()).slice(-2000);
  });
  const ended = new Promise<void>((resolve, reject) => {
    ffmpeg.once('error', (cause) => reject(new Error('ffmpeg cannot be started', { cause })));
    ffmpeg.once('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`ffmpeg could not make a stream (${code}): ${complaints.trim()}`));
    });
  });
  // A dying ffmpeg breaks the pipe first; its exit code says why.
  ffmpeg.stdin.on('error', () => {});
  const paint = scenePainter(
    recipe.scene,
    recipe.main.width,
    recipe.main.height,
    recipe.frameCount,
  );
  const feed = async () => {
    for (let index = 0; index < recipe.frameCount && ffmpeg.stdin.writable; index += 1) {
      const picture = Buffer.from(paint(index));
      await new Promise<void>((resolve) => ffmpeg.stdin.write(picture, () => resolve()));
    }
    ffmpeg.stdin.end();
  };
  await Promise.all([ended, feed()]);
}

/**
 * The folder of a recipe's streams, made when the cache has none; a half-made one never appears
 * under its name, also when several processes make it at once. Throws when ffmpeg is missing or
 * fails.
 */
async function makeStream(recipe: StreamRecipe, cacheFolder: string): Promise<string> {
  const folder = join(cacheFolder, recipeHash(recipe));
  const isThere = await access(join(folder, streamFiles.snapshot)).then(
    () => true,
    () => false,
  );
  if (isThere) return folder;
  await mkdir(cacheFolder, { recursive: true });
  const scratch = await mkdtemp(join(cacheFolder, 'making-'));
  try {
    await encode(recipe, scratch);
    await rename(scratch, folder).catch(async (cause: NodeJS.ErrnoException) => {
      if (cause.code !== 'ENOTEMPTY' && cause.code !== 'EEXIST') throw cause;
      await rm(scratch, { recursive: true });
    });
  } catch (cause) {
    await rm(scratch, { recursive: true, force: true });
    throw cause;
  }
  return folder;
}

/**
 * Makes what the cache lacks, `parallel` streams at a time, and gives each recipe's folder by
 * `recipeHash`.
 */
export async function makeStreams(
  recipes: readonly StreamRecipe[],
  cacheFolder: string,
  parallel: number,
  onProgress: StreamProgress,
): Promise<Map<string, string>> {
  const wanted = new Map(recipes.map((recipe) => [recipeHash(recipe), recipe]));
  const folders = new Map<string, string>();
  const waiting = [...wanted];
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [hash, recipe] = next;
      folders.set(hash, await makeStream(recipe, cacheFolder));
      onProgress(folders.size, wanted.size, recipe.titleLines.join(', '));
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, parallel) }, work));
  return folders;
}
