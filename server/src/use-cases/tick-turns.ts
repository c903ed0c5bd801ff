import type { CameraId } from '@nigehban/domain/camera.ts';
import type { CameraState } from '@nigehban/domain/camera-state.ts';
import { isCalm, isWell } from '@nigehban/domain/camera-state-decision.ts';

/** Suspected, or back and not yet believed: the next seconds decide. */
const undecidedEvery = 1;
/** Time changes little about cameras that are neither suspected nor coming back. */
const settledEvery = 4;
/** Those that are well and only remember an outage forget it: a few seconds late is early enough. */
const rememberingEvery = 16;
const intervals = [undecidedEvery, settledEvery, rememberingEvery] as const;

/** Every how many ticks time may decide about a camera in that state; null: it changes nothing. */
export function ticksBetween(state: CameraState): (typeof intervals)[number] | null {
  if (isCalm(state)) return null;
  if (isUndecided(state)) return undecidedEvery;
  return isWell(state) ? rememberingEvery : settledEvery;
}

function isUndecided({ detail: { connection }, flowingSinceMs, probingSinceMs }: CameraState) {
  return (
    connection.kind === 'SUSPECTED' ||
    probingSinceMs !== null ||
    (flowingSinceMs !== null && connection.kind !== 'ONLINE')
  );
}

/**
 * Which cameras are to be looked at on which tick, so that nobody has to go through all of them: of a
 * fleet that was dark a while ago every camera remembers it, and these take turns.
 */
export class TickTurns {
  readonly #turns = new Map(
    intervals.map((every) => [every, Array.from({ length: every }, () => new Set<CameraId>())]),
  );
  readonly #turnOf = new Map<CameraId, Set<CameraId>>();

  /** The camera is in that state from now on. */
  note(cameraId: CameraId, state: CameraState): void {
    const every = ticksBetween(state);
    const turn = every === null ? undefined : this.#turns.get(every)?.[cameraId % every];
    const before = this.#turnOf.get(cameraId);
    if (turn === before) return;
    before?.delete(cameraId);
    if (turn === undefined) this.#turnOf.delete(cameraId);
    else {
      turn.add(cameraId);
      this.#turnOf.set(cameraId, turn);
    }
  }

  /** Cameras whose turn it is at a tick, each of which may change meanwhile. Ticks count up by one. */
  *due(tick: number): Generator<CameraId, void, void> {
    for (const [every, turns] of this.#turns) yield* turns[tick % every] ?? [];
  }
}
