import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { Logger } from '@nigehban/config/log/logger.ts';
import type { CameraId } from '@nigehban/domain/camera.ts';
import type {
  CameraStateChange,
  CameraTransitionRow,
  StoredCameraState,
} from '../store/camera-state-store.ts';

/** What changed of cameras, on its way into the database. While PostgreSQL is away it waits, in order. */
export interface CameraStateKeeper {
  /** The camera's newest state is to be stored, with these steps that led to it. */
  touch(cameraId: CameraId, ...transitions: readonly CameraTransitionRow[]): void;
  /** Begins to store what was touched, a lone change at once, many a few times a second; never throws. */
  flush(): void;
  /** Stores the rest. */
  stop(): Promise<void>;
}

export interface CameraStateKeeperPorts {
  readonly clock: Clock;
  readonly log: Logger;
  /** The state as it is now, with the version it is to be stored as; null: it is not ours any more. */
  readonly next: (cameraId: CameraId) => StoredCameraState | null;
  /** Stores all or throws; returns those of which another process stored a newer state. */
  readonly store: (changes: readonly CameraStateChange[]) => Promise<readonly CameraId[]>;
  /** With the version that was too old, by camera. */
  readonly onOvertaken: (tried: ReadonlyMap<CameraId, number>) => void;
}

/** After a store of so many more are coming: */
const manyChanges = 20;
/** they are stored together so often. One transaction costs as much as dozens of changes in it. */
const gatherForMs = 350;

export function createCameraStateKeeper(ports: CameraStateKeeperPorts): CameraStateKeeper {
  const { clock, log } = ports;
  let cancelGathering: (() => void) | null = null;
  let dirty = new Map<CameraId, CameraTransitionRow[]>();
  let flushing: Promise<void> | null = null;
  let flushAgain = false;
  let failing = false;
  let stopped = false;

  const storeDirty = async () => {
    const taken = dirty;
    dirty = new Map();
    const changes = [...taken].flatMap(([cameraId, transitions]) => {
      const state = ports.next(cameraId);
      return state === null ? [] : [{ ...state, transitions }];
    });
    if (changes.length === 0) return;
    try {
      const overtaken = new Set(await ports.store(changes));
      failing = false;
      const tried = changes.filter((change) => overtaken.has(change.cameraId));
      if (tried.length > 0) {
        ports.onOvertaken(new Map(tried.map((change) => [change.cameraId, change.version])));
      }
    } catch (error) {
      if (!failing) log.warn({ err: error }, 'camera states cannot be stored');
      failing = true;
      for (const [cameraId, transitions] of taken) {
        dirty.set(cameraId, [...transitions, ...(dirty.get(cameraId) ?? [])]);
      }
    }
  };

  const flush = () => {
    if (dirty.size === 0 || stopped) return;
    if (flushing !== null) {
      flushAgain = true;
      return;
    }
    if (cancelGathering !== null) return;
    const many = dirty.size >= manyChanges;
    flushing = storeDirty().finally(() => {
      flushing = null;
      const again = flushAgain && !failing;
      flushAgain = false;
      if (many && !failing && !stopped) {
        cancelGathering = clock.after(gatherForMs, () => {
          cancelGathering = null;
          flush();
        });
      } else if (again) flush();
    });
  };

  return {
    touch(cameraId, ...transitions) {
      const steps = dirty.get(cameraId);
      if (steps === undefined) dirty.set(cameraId, [...transitions]);
      else steps.push(...transitions);
    },
    flush,
    async stop() {
      stopped = true;
      cancelGathering?.();
      await flushing;
      if (dirty.size > 0 && !failing) await storeDirty();
    },
  };
}
