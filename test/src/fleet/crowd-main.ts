import { parseArgs } from 'node:util';
import { startCrowd } from './crowd.ts';

/**
 * A crowd of simulated cameras as a process: writes `{"event":"ready",…}`, then, for each line on
 * standard input, a line with its state. Ends when standard input does.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { cameras: { type: 'string' }, 'answer-discovery': { type: 'string' } },
  });
  const crowd = await startCrowd({
    cameras: Number(values.cameras ?? '1000'),
    answerDiscovery: Number(values['answer-discovery'] ?? '0'),
  });
  const tell = (event: Record<string, unknown>) =>
    process.stdout.write(`${JSON.stringify(event)}\n`);
  tell({ event: 'ready', httpPort: crowd.httpPort });
  process.stdin.on('data', () =>
    tell({
      event: 'state',
      awake: crowd.awake(),
      wrongPasswords: crowd.wrongPasswords(),
      rssBytes: process.memoryUsage.rss(),
    }),
  );
  process.stdin.once('end', () => void crowd.stop().then(() => process.exit(0)));
}

main().catch((error: unknown) => {
  process.stderr.write(`the crowd cannot start: ${String(error)}\n`);
  process.exit(1);
});
