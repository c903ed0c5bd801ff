import { parentPort, workerData } from 'node:worker_threads';
import type { SecretKey } from '@nigehban/config/secrets/key-ring.ts';
import { type FaultMessage, toFaultMessage } from '@nigehban/domain/faults.ts';
import { openDatabase, toDatabaseFault } from '../store/database.ts';
import { createPlanWork } from '../use-cases/work-on-plan.ts';
import type { PlanTaskName, PlanTasks } from './plan-tasks.ts';

/** The thread in which plans are read, checked and written, so that nothing else has to wait. */

export interface ThreadData {
  readonly databaseUrl: string;
  readonly currentKey: Uint8Array;
  readonly oldKeys: readonly Uint8Array[];
}

export interface ThreadRequest {
  readonly id: number;
  readonly name: PlanTaskName;
  readonly question: PlanTasks[PlanTaskName][0];
}

export type ThreadReply =
  | {
      readonly id: number;
      readonly progress: Parameters<Parameters<ReturnType<typeof createPlanWork>>[2]>[0];
    }
  | { readonly id: number; readonly answer: unknown }
  | { readonly id: number; readonly fault: FaultMessage; readonly inside: string | null };

const data = workerData as ThreadData;
const secretKey: SecretKey = {
  current: Buffer.from(data.currentKey),
  old: data.oldKeys.map((key) => Buffer.from(key)),
};
const work = createPlanWork(openDatabase(data.databaseUrl, { maxConnections: 2 }), secretKey);
const reply = (message: ThreadReply): void => parentPort?.postMessage(message);

parentPort?.on('message', ({ id, name, question }: ThreadRequest) => {
  work(name, question, (progress) => reply({ id, progress })).then(
    (answer) => reply({ id, answer }),
    (thrown: unknown) => {
      const fault = toFaultMessage(toDatabaseFault(thrown));
      const inside =
        thrown instanceof Error && fault.code === 'INTERNAL' ? (thrown.stack ?? null) : null;
      reply({ id, fault, inside });
    },
  );
});
