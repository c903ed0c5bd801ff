import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Fault } from '@nigehban/domain/faults.ts';
import { exercisePlan } from '@nigehban/test/fleet/exercise-plan.ts';
import type { Stoppable } from '../stoppables.ts';
import { buildPlanCsv } from './plan-csv.ts';

export interface ExerciseFleet extends Stoppable {
  /** The stations and cameras that it plays, as a deployment plan. */
  readonly planCsv: string;
  /** Base URL of the API that orders faults. */
  readonly controlUrl: string;
}

interface FleetEvent {
  readonly event: string;
  readonly made?: number;
  readonly total?: number;
  readonly controlUrl?: string;
}

/**
 * Starts the simulated polling stations in a process of their own, as cameras are: the product sees
 * them only over the wire. Their streams are made at the first start, which takes a while.
 */
export async function startExerciseFleet(say: (line: string) => void): Promise<ExerciseFleet> {
  const main = fileURLToPath(import.meta.resolve('@nigehban/test/fleet/main.ts'));
  // A group of its own: Ctrl-C must not unplug the cameras before the recorder has stopped. Should
  // this process be killed, the fleet ends with its standard input.
  const child = spawn(process.execPath, [main, '--until-stdin-ends'], {
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let complaints = '';
  child.stderr.on('data', (chunk: Buffer) => {
    complaints = (complaints + chunk.toString('utf8')).slice(-2_000);
  });
  const ended = once(child, 'exit');
  const controlUrl = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const event = JSON.parse(line) as FleetEvent;
      if (event.event === 'progress') say(`making camera streams: ${event.made} of ${event.total}`);
      if (event.event === 'ready' && event.controlUrl !== undefined) resolve(event.controlUrl);
    });
    void ended.then(() =>
      reject(new Fault('INTERNAL', `The simulated cameras did not start: ${complaints.trim()}`)),
    );
  });
  return {
    planCsv: buildPlanCsv(exercisePlan()),
    controlUrl,
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
