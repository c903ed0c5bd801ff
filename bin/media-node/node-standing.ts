import type { CameraId } from '@nigehban/domain/camera.ts';
import type { NodeFact } from '@nigehban/domain/link-messages.ts';

type HealthFact = Extract<NodeFact, { kind: 'recording-well' | 'recording-fault' }>;
type StreamFact = Extract<NodeFact, { kind: 'stream-flowing' | 'stream-down' }>;

/** How a node of several engines stands, by what they told: what a new link must know. */
export class NodeStanding {
  readonly #streams = new Map<CameraId, StreamFact>();
  readonly #healths = new Map<number, HealthFact>();
  #health: HealthFact;

  constructor(atMs: number) {
    this.#health = { kind: 'recording-well', atMs };
  }

  /** Takes note of an engine's facts and gives those that the server is told. */
  observe(slot: number, facts: readonly NodeFact[]): readonly NodeFact[] {
    return facts.flatMap((fact): readonly NodeFact[] => {
      switch (fact.kind) {
        case 'stream-flowing':
        case 'stream-down':
          // A stream that only a viewer pulls says nothing about recording.
          if (fact.quality === 'main') this.#streams.set(fact.cameraId, fact);
          return [fact];
        case 'recording-well':
        case 'recording-fault':
          this.#healths.set(slot, fact);
          return this.#merged(fact.atMs);
        default:
          return [fact];
      }
    });
  }

  /** Nothing is known of these cameras any more. */
  forget(isForgotten: (cameraId: CameraId) => boolean): void {
    for (const cameraId of this.#streams.keys()) {
      if (isForgotten(cameraId)) this.#streams.delete(cameraId);
    }
  }

  snapshot(): readonly NodeFact[] {
    return [...this.#streams.values(), this.#health];
  }

  /** The node is well when all its engines are. */
  #merged(atMs: number): readonly NodeFact[] {
    const fault = [...this.#healths.values()].find((each) => each.kind === 'recording-fault');
    const next: HealthFact = fault ?? { kind: 'recording-well', atMs };
    const before = this.#health;
    this.#health = next;
    const same =
      before.kind === 'recording-fault'
        ? next.kind === 'recording-fault' && next.fault === before.fault
        : next.kind === 'recording-well';
    return same ? [] : [next];
  }
}
