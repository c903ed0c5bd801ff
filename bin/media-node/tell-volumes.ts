import type { NodeFact } from '@nigehban/domain/link-messages.ts';
import type { Clock, Timer } from '@nigehban/media/clock.ts';
import type { FootageVolumes } from '@nigehban/recorder/disk/footage-volumes.ts';
import type { Stoppable } from '../stoppables.ts';

type VolumesFact = Extract<NodeFact, { kind: 'footage-volumes' }>;

export interface VolumeTeller extends Stoppable {
  /** How the volumes stood at the last look; nothing before the first. */
  current(): readonly NodeFact[];
}

const lookEveryMs = 5_000;
/** Room changes all the time: numbers alone are told this often. */
const tellEveryLooks = 6;

/** Looks after the node's footage volumes and tells how they stand. */
export function startVolumeTeller(
  volumes: Pick<FootageVolumes, 'look' | 'standing'>,
  ports: { readonly clock: Clock; readonly tell: (facts: readonly NodeFact[]) => void },
): VolumeTeller {
  let timer: Timer;
  let stopped = false;
  let looks = 0;
  let told: VolumesFact | undefined;

  const look = async (): Promise<void> => {
    await volumes.look();
    const fact = factOf(volumes);
    const changed = conditionOf(fact) !== conditionOf(told);
    told = fact;
    if (changed || looks % tellEveryLooks === 0) ports.tell([fact]);
    looks += 1;
    if (!stopped) timer = ports.clock.setTimer(lookEveryMs, run);
  };
  const run = (): void => {
    running = look();
  };
  let running = Promise.resolve();
  timer = ports.clock.setTimer(0, run);
  return {
    current: () => (told === undefined ? [] : [told]),
    async stop() {
      stopped = true;
      timer.cancel();
      await running;
      timer.cancel();
    },
  };
}

function factOf(volumes: Pick<FootageVolumes, 'standing'>): VolumesFact {
  return {
    kind: 'footage-volumes',
    volumes: volumes.standing().map(({ folder, level, space, fault }) => ({
      folder,
      level: level ?? null,
      freeBytes: space?.freeBytes ?? null,
      totalBytes: space?.totalBytes ?? null,
      fault: fault?.code ?? null,
    })),
  };
}

/** What makes a difference to people at once. */
function conditionOf(fact: VolumesFact | undefined): string {
  return JSON.stringify(fact?.volumes.map(({ folder, level, fault }) => [folder, level, fault]));
}
