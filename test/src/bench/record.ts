/**
 * `npm run bench:record`: what recording costs per camera against one ffmpeg per camera, how many
 * cameras this machine records without losing a frame, and what one hostile camera does to the rest.
 *
 * `--quick` small and short · `--only peer,dense,hostile` · `--cameras N` of the dense run ·
 * `--footage DIR` where footage and database go (default: the system's folder for temporary files)
 * · `--node-options "--cpu-prof …"` of the recorder's process · `--json FILE`
 */
import { cpus, tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { runAgainstFfmpeg, runDense, runHostile } from './record/runs.ts';
import { closeStage, openStage } from './record/stage.ts';
import { type Figure, reportFigures } from './report.ts';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', default: 'peer,dense,hostile' },
    cameras: { type: 'string' },
    seconds: { type: 'string' },
    footage: { type: 'string', default: tmpdir() },
    'node-options': { type: 'string', default: '' },
    json: { type: 'string' },
  },
});
const { quick } = values;
const wanted = new Set(values.only.split(','));
const seconds = (usual: number) => Number(values.seconds ?? usual);
const say = (text: string) => process.stdout.write(`${text}\n`);

const nodeOptions = values['node-options'].split(' ').filter((option) => option !== '');
say(
  `${cpus().length} × ${cpus()[0]?.model}; Node ${process.version}; footage in ${values.footage}`,
);
const stage = await openStage(resolve(values.footage), nodeOptions);
const figures: Figure[] = [];
try {
  if (wanted.has('peer')) {
    const sizes = { cameras: quick ? 60 : 400, peers: quick ? 10 : 30, segmentMs: 10_000 };
    figures.push(
      ...(await runAgainstFfmpeg(stage, { ...sizes, seconds: seconds(quick ? 8 : 25) }, say)),
    );
  }
  if (wanted.has('dense')) {
    const cameras = Number(values.cameras ?? (quick ? 200 : 1200));
    const sizes = { cameras, seconds: seconds(quick ? 8 : 30), segmentMs: 60_000 };
    figures.push(...(await runDense(stage, sizes, say)));
  }
  if (wanted.has('hostile')) {
    const sizes = {
      cameras: quick ? 50 : 200,
      seconds: seconds(quick ? 20 : 40),
      segmentMs: 10_000,
    };
    figures.push(...(await runHostile(stage, sizes, say)));
  }
} finally {
  await closeStage(stage);
}
reportFigures('record', figures, process.argv.slice(2));
process.exit();
