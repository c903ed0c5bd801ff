import type { CameraId } from '@nigehban/domain/camera.ts';
import {
  type CameraEventKind,
  cameraEventKinds,
  type WatchFact,
} from '@nigehban/domain/watch-orders.ts';
import type { CameraNotification } from './notification.ts';

/**
 * What a camera's notifications say at the moment, so that changes alone are told: a kind of event
 * begins with the first of its sources and ends with the last.
 */
export interface EventStates {
  /** Takes notifications in; gives the facts of what began or ended. */
  take(notifications: readonly CameraNotification[], nowMs: number): readonly WatchFact[];
  /** Time passed: ends what has been over for long enough. */
  settle(nowMs: number): readonly WatchFact[];
  /** A new subscription tells all states anew; those it does not tell within `settleMs` are over. */
  renewed(nowMs: number): void;
  /** What is active, for a link that was away. */
  standing(): readonly WatchFact[];
}

interface Source {
  active: boolean;
  /** When it is over at the latest; null while the camera says that it is not. */
  endsAtMs: number | null;
  evidence: string;
}

const maxSources = 64;
/** Motion comes and goes with every person: an end counts when nothing moved for this long. */
const holdMs: Readonly<Record<CameraEventKind, number>> = {
  tamper: 0,
  motion: 10_000,
  'storage-failure': 0,
  'digital-input': 0,
};
/** Cameras that tell of an event and never of its end. */
const pulseMs = 60_000;
const settleMs = 60_000;

export function createEventStates(cameraId: CameraId): EventStates {
  const sources = new Map<CameraEventKind, Map<string, Source>>();
  const told = new Map<CameraEventKind, { atMs: number; evidence: string }>();

  const sourcesOf = (kind: CameraEventKind): Map<string, Source> => {
    const known = sources.get(kind) ?? new Map<string, Source>();
    sources.set(kind, known);
    return known;
  };

  const changes = (nowMs: number): WatchFact[] =>
    cameraEventKinds.flatMap((event): WatchFact[] => {
      const list = [...sourcesOf(event).values()];
      const cause = list.find(({ active }) => active);
      const before = told.get(event);
      if ((cause !== undefined) === (before !== undefined)) return [];
      const evidence = cause?.evidence ?? list.at(-1)?.evidence ?? before?.evidence ?? '';
      if (cause === undefined) told.delete(event);
      else told.set(event, { atMs: nowMs, evidence });
      const active = cause !== undefined;
      return [{ kind: 'camera-event', cameraId, atMs: nowMs, event, active, evidence }];
    });

  const settle = (nowMs: number): readonly WatchFact[] => {
    for (const list of sources.values()) {
      for (const source of list.values()) {
        if (source.endsAtMs === null || source.endsAtMs > nowMs) continue;
        source.active = false;
        source.endsAtMs = null;
      }
    }
    return changes(nowMs);
  };

  return {
    take(notifications, nowMs) {
      const facts: WatchFact[] = [];
      for (const { event, source: name, active, evidence } of notifications) {
        const list = sourcesOf(event);
        const known = list.get(name);
        const source = known ?? { active: false, endsAtMs: null, evidence };
        if (known === undefined && list.size < maxSources) list.set(name, source);
        source.evidence = evidence;
        if (active === false) {
          if (source.active) source.endsAtMs = nowMs + holdMs[event];
        } else {
          source.active = true;
          source.endsAtMs = active === null ? nowMs + pulseMs : null;
        }
        facts.push(...settle(nowMs));
      }
      return facts;
    },
    settle,
    renewed(nowMs) {
      for (const list of sources.values()) {
        for (const source of list.values()) if (source.active) source.endsAtMs ??= nowMs + settleMs;
      }
    },
    standing: () =>
      [...told].map(([event, { atMs, evidence }]) => ({
        kind: 'camera-event',
        cameraId,
        atMs,
        event,
        active: true,
        evidence,
      })),
  };
}
