/**
 * `npm run bench:tamper`: disturbed views among undisturbed ones, on painted pictures that take the
 * product's way from JPEG to verdict. `--cameras N` (days of that many cameras), `--episodes N` (of
 * each kind of tampering and scene), `--set tune` for the set that the limits were tuned on,
 * `--json FILE`.
 */
import {
  fingerprintJpeg,
  measureJpeg,
  openReference,
} from '@nigehban/camera-gateway/picture/measure-view.ts';
import type { ViewVerdict } from '@nigehban/domain/watch-orders.ts';
import sharp from 'sharp';
import { type Figure, measure, reportFigures } from './report.ts';
import { compareFully, decodeFully } from './tamper/full-comparison.ts';
import { createPollingDay, minutesADay, type Nuisance, nuisances } from './tamper/polling-day.ts';
import { type SceneKind, sceneKinds } from './tamper/polling-scenes.ts';
import { createSimulatedCamera } from './tamper/simulated-camera.ts';
import {
  createTampering,
  rightVerdicts,
  type TamperingKind,
  tamperingKinds,
} from './tamper/tamperings.ts';
import { type WatchedCamera, watchCamera } from './tamper/watched-camera.ts';

const args = process.argv.slice(2);

function option(name: string, otherwise: number): number {
  const at = args.indexOf(name);
  return at < 0 ? otherwise : Number(args[at + 1]);
}

const cameras = option('--cameras', 8);
const episodes = option('--episodes', 2);
/** Seeds of the two sets are apart: nothing that the limits were tuned on is reported. */
const firstSeed = args[args.indexOf('--set') + 1] === 'tune' ? 1 : 100_001;

interface EpisodeTally {
  episodes: number;
  found: number;
  rightlyNamed: number;
  cleared: number;
  readonly minutes: number[];
}

const minutesBefore = 4;
/** An alarm that comes later finds nobody at the camera any more. */
const minutesToFind = 10;
const minutesAfter = 12;

const falseAlarms = new Map<Nuisance, number>(nuisances.map((nuisance) => [nuisance, 0]));
const falseVerdicts = new Map<ViewVerdict, number>();
let pictures = 0;
let falseInEpisodes = 0;
let falsePictures = 0;

function isAlarm(verdict: ViewVerdict | null): verdict is ViewVerdict {
  return verdict !== null && verdict !== 'WELL';
}

async function spendDay(kind: SceneKind, seed: number): Promise<void> {
  const camera = createSimulatedCamera(kind, seed);
  const watched = await watchCamera(camera);
  const day = createPollingDay(kind, seed);
  for (let minute = 0; minute < minutesADay; minute += 1) {
    const { moment, nuisance } = day.at(minute);
    const { changed, verdict, evidence } = await watched.look(moment);
    pictures += 1;
    if (isAlarm(verdict)) falsePictures += 1;
    if (!changed || !isAlarm(verdict)) continue;
    falseAlarms.set(nuisance, (falseAlarms.get(nuisance) ?? 0) + 1);
    falseVerdicts.set(verdict, (falseVerdicts.get(verdict) ?? 0) + 1);
    const clock = `${Math.floor(minute / 60)}:${String(minute % 60).padStart(2, '0')}`;
    process.stdout.write(`false: ${kind} ${seed} ${clock} ${nuisance} ${verdict}: ${evidence}\n`);
  }
}

async function tamper(
  kind: SceneKind,
  seed: number,
  how: TamperingKind,
  startMinute: number,
  watched: WatchedCamera,
  tally: EpisodeTally,
): Promise<void> {
  const camera = createSimulatedCamera(kind, seed);
  const day = createPollingDay(kind, seed);
  const disturb = createTampering(how, seed + startMinute);
  watched.restart();
  let foundAfter: number | null = null;
  let named: ViewVerdict | null = null;
  let still: Buffer | undefined;
  let last = '';
  const end = startMinute + minutesBefore + minutesToFind;
  for (let minute = startMinute; minute < end + minutesAfter; minute += 1) {
    const { moment } = day.at(minute);
    const since = minute - startMinute - minutesBefore;
    const disturbed = since >= 0 && minute < end;
    if (how === 'frozen' && since === 0) still = await camera.picture(moment);
    const { verdict, evidence } = await watched.look(
      disturbed ? disturb(moment) : moment,
      disturbed ? still : undefined,
    );
    pictures += 1;
    last = evidence;
    if (since < 0 && isAlarm(verdict)) falseInEpisodes += 1;
    if (disturbed && isAlarm(verdict)) {
      foundAfter ??= since;
      named = verdict;
    }
    if (minute === end + minutesAfter - 1 && verdict === 'WELL') tally.cleared += 1;
    if (disturbed && minute === end - 1 && foundAfter === null) {
      process.stdout.write(`missed: ${kind} ${seed} ${how} at ${startMinute}: ${last}\n`);
    }
  }
  tally.episodes += 1;
  if (foundAfter === null) return;
  tally.found += 1;
  tally.minutes.push(foundAfter);
  if (named !== null && rightVerdicts[how].includes(named)) tally.rightlyNamed += 1;
}

/** Milliseconds of processor time for a picture of 720p. */
async function costs(): Promise<{ ours: number; fully: number }> {
  const camera = createSimulatedCamera('room', firstSeed);
  const day = createPollingDay('room', firstSeed);
  const jpegs: Buffer[] = [];
  for (let minute = 430; minute < 1_430; minute += 10) {
    const small = await camera.picture(day.at(minute).moment);
    jpegs.push(await sharp(small).resize(1_280, 720).jpeg({ quality: 75 }).toBuffer());
  }
  const first = jpegs[0] ?? Buffer.alloc(0);
  const { fingerprint } = await fingerprintJpeg(first);
  const whole = await decodeFully(first);
  const time = async (work: (jpeg: Buffer) => Promise<unknown>): Promise<number> => {
    for (const jpeg of jpegs.slice(0, 20)) await work(jpeg);
    const from = process.cpuUsage();
    for (const jpeg of jpegs) await work(jpeg);
    const { user, system } = process.cpuUsage(from);
    return (user + system) / 1_000 / jpegs.length;
  };
  let before: Uint8Array | null = null;
  return {
    ours: await time(async (jpeg) => {
      const measured = await measureJpeg(jpeg, openReference(fingerprint), before);
      before = measured.edges;
    }),
    fully: await time((jpeg) => compareFully(jpeg, whole)),
  };
}

for (let index = 0; index < cameras; index += 1) {
  const kind = sceneKinds[index % sceneKinds.length] ?? 'room';
  await spendDay(kind, firstSeed + index * 17);
}

const tallies = new Map<TamperingKind, EpisodeTally>();
for (const how of tamperingKinds) {
  const tally: EpisodeTally = { episodes: 0, found: 0, rightlyNamed: 0, cleared: 0, minutes: [] };
  tallies.set(how, tally);
  for (const [place, kind] of sceneKinds.entries()) {
    for (let episode = 0; episode < episodes; episode += 1) {
      const seed = firstSeed + 5_000 + episode * 31 + place * 7 + tamperingKinds.indexOf(how) * 211;
      const watched = await watchCamera(createSimulatedCamera(kind, seed));
      if (!watched.compares) continue;
      // By day and by night, with whoever is there at the time.
      const startMinute = 300 + ((seed * 97) % 1_050);
      await tamper(kind, seed, how, startMinute, watched, tally);
    }
  }
}

const all = [...tallies.values()];
const found = all.reduce((sum, tally) => sum + tally.found, 0);
const offered = all.reduce((sum, tally) => sum + tally.episodes, 0);
const named = all.reduce((sum, tally) => sum + tally.rightlyNamed, 0);
const cleared = all.reduce((sum, tally) => sum + tally.cleared, 0);
const alarms = [...falseAlarms.values()].reduce((sum, count) => sum + count, 0);
const minutes = all.flatMap((tally) => tally.minutes).sort((a, b) => a - b);
const cost = await costs();
const figures: Figure[] = [
  measure('tamper-precision', found / Math.max(1, found + alarms + falseInEpisodes), 'share'),
  measure('tamper-recall', found / Math.max(1, offered), 'share'),
  measure('false-alarms-per-camera-day', alarms / Math.max(1, cameras), '1/day'),
  measure('false-alarm-minutes', falsePictures / Math.max(1, cameras), 'min/day'),
  measure('rightly-named', named / Math.max(1, found), 'share'),
  measure('cleared-in-12-minutes', cleared / Math.max(1, offered), 'share'),
  measure('found-after-p50', minutes[Math.floor(minutes.length / 2)] ?? 0, 'min'),
  measure('found-after-p95', minutes[Math.floor(minutes.length * 0.95)] ?? 0, 'min'),
  {
    name: 'picture-cpu',
    value: cost.ours,
    unit: 'ms',
    baseline: cost.fully,
    ratio: cost.ours / cost.fully,
  },
  measure('pictures', pictures, ''),
  ...[...tallies].map(([how, tally]) =>
    measure(`recall-${how}`, tally.found / Math.max(1, tally.episodes), 'share'),
  ),
  ...[...falseAlarms].map(([nuisance, count]) =>
    measure(`false-alarms-${nuisance}`, count / Math.max(1, cameras), '1/day'),
  ),
  ...[...falseVerdicts].map(([verdict, count]) =>
    measure(`false-${verdict.toLowerCase()}`, count / Math.max(1, cameras), '1/day'),
  ),
];
reportFigures('tamper', figures, args);
