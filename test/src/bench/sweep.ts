/**
 * `npm run bench:sweep`: the health sweep of 29,000 simulated cameras every 15 s, 2% of them dead:
 * what it costs, how late it gets, what a killed gateway costs, how soon a dead camera is told.
 *
 * `--only one,three,recorded` · `--cameras N` · `--period SECONDS` · `--json FILE`
 */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { percentile } from './live/percentile.ts';
import { compare, type Figure, measure, reportFigures } from './report.ts';
import { measureRecordedDetection } from './sweep/recorded-run.ts';
import { measureNaiveCheck, runOneGateway, runThreeGateways } from './sweep/sweep-runs.ts';
import { openSweepStage } from './sweep/sweep-stage.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: 'one,three,recorded' },
    cameras: { type: 'string', default: '29000' },
    period: { type: 'string', default: '15' },
    json: { type: 'string' },
  },
});
const wanted = new Set(values.only.split(','));
const cameras = Number(values.cameras);
const periodMs = Number(values.period) * 1_000;
const say = (text: string): void => void process.stdout.write(`${text}\n`);
say(`${cpus().length} × ${cpus()[0]?.model}; Node ${process.version}; ${cameras} cameras`);

const figures: Figure[] = [];
const lateness: number[] = [];

if (wanted.has('recorded')) {
  const seconds = await measureRecordedDetection(24);
  figures.push(
    measure('detect-recorded', percentile(seconds, 0.99), 's'),
    measure('detect-recorded-median', percentile(seconds, 0.5), 's'),
  );
}
if (wanted.has('one') || wanted.has('three')) {
  const stage = await openSweepStage(cameras, periodMs);
  try {
    if (wanted.has('one')) {
      const naiveSeconds = await measureNaiveCheck(stage);
      const { normal, cut, cutDetectionSeconds } = await runOneGateway(stage, say);
      lateness.push(normal.lateness, cut.lateness);
      const naiveShare = (naiveSeconds / 1_000) * normal.checksPerSecond;
      figures.push(
        compare('sweep-core-share', normal.coreShare, 'cores', naiveShare),
        measure('sweep-core-share-cut', cut.coreShare, 'cores'),
        compare(
          'processor-per-1000-checks',
          (normal.coreShare / normal.checksPerSecond) * 1_000,
          'CPU-s',
          naiveSeconds,
        ),
        measure('checks-per-second', normal.checksPerSecond, '1/s'),
        measure('worst-lateness', Math.max(...lateness), 'periods'),
        measure('worst-lateness-cut', cut.lateness, 'periods'),
        measure('detect-cut', percentile(cutDetectionSeconds, 0.99), 's'),
      );
    }
    if (wanted.has('three')) {
      const { missed, lateness: worst, detectionSeconds } = await runThreeGateways(stage, 290, say);
      figures.push(
        measure('missed-checks', missed, 'checks'),
        measure('worst-interval-after-kill', worst, 'periods'),
        measure('detect-swept', percentile(detectionSeconds, 0.99), 's'),
        measure('detect-swept-median', percentile(detectionSeconds, 0.5), 's'),
      );
    }
  } finally {
    await stage.close();
  }
}
reportFigures('sweep', figures, process.argv.slice(2));
process.exit();
