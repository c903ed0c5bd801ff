import type { ProbeOutcome } from '@nigehban/domain/camera-state.ts';

/**
 * What probes proved of stations lately. In a storm the first camera of a station that does not answer
 * stands for its siblings whose streams ended the same way: a province is not asked camera by camera.
 */
export interface OutageProofs {
  /** A camera is to be probed. */
  asked(nowMs: number): void;
  told(stationCode: string | null, outcome: ProbeOutcome, nowMs: number): void;
  /** True while more cameras are suspected than single outages explain. */
  isStorm(nowMs: number): boolean;
  /** What a sibling's silence proves in a storm; null: the camera itself has to be asked. */
  of(stationCode: string | null, nowMs: number): ProbeOutcome | null;
}

const stormWithinMs = 2_000;
/** So many suspected cameras within that time are a storm. */
const stormFrom = 200;
/** What a sibling proved is believed for so long. */
const believedForMs = 10_000;

export function createOutageProofs(): OutageProofs {
  let proofs = new Map<string, { readonly atMs: number; readonly outcome: ProbeOutcome }>();
  let window = { fromMs: 0, asked: 0, askedBefore: 0 };

  const turn = (nowMs: number) => {
    const age = nowMs - window.fromMs;
    if (age >= 0 && age < stormWithinMs) return;
    const isNext = age >= 0 && age < 2 * stormWithinMs;
    window = { fromMs: nowMs, asked: 0, askedBefore: isNext ? window.asked : 0 };
    proofs = new Map([...proofs].filter(([, { atMs }]) => Math.abs(nowMs - atMs) <= believedForMs));
  };
  const isStorm = (nowMs: number) => {
    turn(nowMs);
    return window.asked >= stormFrom || window.askedBefore >= stormFrom;
  };
  return {
    asked(nowMs) {
      turn(nowMs);
      window.asked += 1;
    },
    told(stationCode, outcome, nowMs) {
      if (stationCode === null) return;
      if (outcome.kind === 'unreachable') proofs.set(stationCode, { atMs: nowMs, outcome });
      else proofs.delete(stationCode);
    },
    isStorm,
    of(stationCode, nowMs) {
      if (stationCode === null || !isStorm(nowMs)) return null;
      const proof = proofs.get(stationCode);
      if (proof === undefined || Math.abs(nowMs - proof.atMs) > believedForMs) return null;
      return proof.outcome;
    },
  };
}
