import { execFile } from 'node:child_process';
import { mkdir, rename, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A picture of its own for each of a handful of cameras: a room or a gate, by night or by day. */
const scenes = [
  { wall: '0x23282a', floor: '0x33393a', saturation: 0, noise: 16, people: 2 },
  { wall: '0x5a5a4c', floor: '0x77705c', saturation: 0.7, noise: 6, people: 3 },
  { wall: '0x181b1c', floor: '0x2a2e2e', saturation: 0, noise: 24, people: 1 },
  { wall: '0x4d5a60', floor: '0x6b6a60', saturation: 0.6, noise: 5, people: 4 },
  { wall: '0x2c2f30', floor: '0x3d4242', saturation: 0, noise: 20, people: 2 },
  { wall: '0x655c4b', floor: '0x857a64', saturation: 0.8, noise: 7, people: 3 },
] as const;

export const sceneCount = scenes.length;

/** One of the cameras is set to two pictures a second, as behind a thin uplink. */
export const slowScene = 4;
const picturesPerSecond = (index: number) => (index % scenes.length === slowScene ? 2 : 10);

const widthPx = 640;
const heightPx = 360;

function buildFilter(index: number): string {
  const scene = scenes[index % scenes.length] ?? scenes[0];
  const shift = index * 37;
  const boxes = [
    `drawbox=y=230:h=130:w=iw:color=${scene.floor}:t=fill`,
    `drawbox=x=${40 + (shift % 90)}:y=70:w=88:h=164:color=black@0.35:t=fill`,
    `drawbox=x=${46 + (shift % 90)}:y=76:w=76:h=158:color=white@0.07:t=fill`,
    `drawbox=x=${430 - (shift % 60)}:y=60:w=120:h=78:color=white@0.16:t=fill`,
    `drawbox=x=${200 + (shift % 70)}:y=226:w=210:h=14:color=white@0.28:t=fill`,
    `drawbox=x=${210 + (shift % 70)}:y=240:w=10:h=70:color=black@0.4:t=fill`,
    `drawbox=x=${390 + (shift % 70)}:y=240:w=10:h=70:color=black@0.4:t=fill`,
    `drawbox=x=${282 + (shift % 70)}:y=190:w=44:h=36:color=white@0.4:t=fill`,
  ];
  const people = Array.from({ length: scene.people }, (_, person) => {
    const base = 110 + person * 120 + (shift % 50);
    const sway = `${base}+${18 + person * 9}*sin(t/${1.7 + person * 0.6}+${person})`;
    const top = 168 + person * 12;
    return [
      `drawbox=x='${sway}':y=${top}:w=34:h=112:color=black@0.55:t=fill`,
      `drawbox=x='${sway}+8':y=${top - 24}:w=19:h=24:color=white@0.22:t=fill`,
    ];
  }).flat();
  const clock =
    "drawtext=font=DejaVu Sans Mono:fontsize=17:fontcolor=white:box=1:boxcolor=black@0.5:boxborderw=5:x=10:y=h-34:text='2024-02-08 10\\:%{eif\\:floor(t/60)+12\\:d\\:2}\\:%{eif\\:mod(t,60)\\:d\\:2}'";
  return [
    ...boxes,
    ...people,
    'gblur=sigma=1.3',
    `noise=alls=${scene.noise}:allf=t`,
    `hue=s=${scene.saturation}`,
    'vignette=PI/4.5',
    clock,
  ].join(',');
}

/** A minute of one scene as fragmented MP4 that plays alone (`tfdt` from 0), made once and kept. */
export async function makeScene(index: number): Promise<string> {
  const folder = join(tmpdir(), 'nigehban-web-mock');
  const rate = picturesPerSecond(index);
  const path = join(folder, `scene-${index % scenes.length}-${rate}.mp4`);
  await mkdir(folder, { recursive: true });
  if (await stat(path).catch(() => null)) return path;
  const scene = scenes[index % scenes.length] ?? scenes[0];
  const unfinished = `${path}.${process.pid}.part`;
  await run('ffmpeg', [
    ...['-v', 'error', '-y', '-f', 'lavfi'],
    ...['-i', `color=c=${scene.wall}:s=${widthPx}x${heightPx}:r=${rate}:d=60`],
    ...['-vf', buildFilter(index), '-c:v', 'libx264', '-preset', 'ultrafast', '-profile:v', 'main'],
    ...['-pix_fmt', 'yuv420p', '-g', `${rate}`, '-bf', '0', '-b:v', '500k', '-threads', '1'],
    ...['-movflags', '+frag_keyframe+empty_moov+default_base_moof', '-f', 'mp4', unfinished],
  ]);
  await rename(unfinished, path);
  return path;
}

/** A still of a scene as JPEG. */
export async function makeStill(index: number): Promise<string> {
  const video = await makeScene(index);
  const path = video.replace('.mp4', '.jpg');
  if (await stat(path).catch(() => null)) return path;
  const unfinished = `${path}.${process.pid}.part.jpg`;
  await run('ffmpeg', ['-v', 'error', '-y', '-ss', '7', '-i', video, '-frames:v', '1', unfinished]);
  await rename(unfinished, path);
  return path;
}
