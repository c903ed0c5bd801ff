import type { Clock, Timer } from '../clock.ts';
import { MediaError } from '../media-error.ts';
import { createReadArena } from '../rtsp/read-arena.ts';
import { DialGate } from './dial-gate.ts';
import { RefusedLogins } from './refused-logins.ts';
import { DEFAULT_STREAM_HUB_SETTINGS, type StreamHubSettings } from './stream-hub-settings.ts';
import type { StreamEvent, StreamHub, StreamSource } from './stream-hub-types.ts';
import { StreamSupervisor } from './stream-supervisor.ts';

export interface StreamHubOptions {
  readonly clock: Clock;
  /** Uniform in [0, 1): jitter of redials and keep-alives. */
  readonly random: () => number;
  readonly settings?: Partial<StreamHubSettings>;
  /**
   * Memory for the one read buffer, from offset 0 on (see `createReadArena`): a part of a larger
   * slab lets sinks move payloads by copyWithin. Packets always lie in it.
   */
  readonly readMemory?: Buffer;
  /** A sink or listener of a stream threw: it was removed (a listener stays) and nobody else harmed. */
  readonly onFault?: (key: string, error: unknown) => void;
}

/** A stream hub over RTSP. Opens nothing until the first subscription. */
export function createStreamHub(options: StreamHubOptions): StreamHub {
  const { clock, random } = options;
  const settings: StreamHubSettings = { ...DEFAULT_STREAM_HUB_SETTINGS, ...options.settings };
  const arena = createReadArena(options.readMemory);
  const gate = new DialGate({
    clock,
    random,
    maxDials: settings.maxDials,
    slotMs: settings.dialSlotMs,
  });
  const logins = new RefusedLogins(settings.redial.refusedForMs);
  const supervisors = new Map<string, StreamSupervisor>();
  const listeners = new Set<(event: StreamEvent) => void>();
  const report = (key: string, error: unknown): void => options.onFault?.(key, error);
  let ticking: Timer | undefined;
  let lastTickMs = 0;
  let stopped = false;

  function emit(event: StreamEvent): void {
    for (const listener of listeners) {
      try {
        listener(event);
      } catch (error) {
        report(event.key, error);
      }
    }
  }

  function tickSoon(): void {
    ticking = clock.setTimer(settings.tickMs, () => {
      const nowMs = clock.monotonicMs();
      const stalledMs = Math.max(0, nowMs - lastTickMs - settings.tickMs);
      lastTickMs = nowMs;
      for (const supervisor of supervisors.values()) {
        try {
          supervisor.tick(nowMs, stalledMs);
        } catch (error) {
          report(supervisor.key, error);
        }
      }
      if (supervisors.size > 0) tickSoon();
      else ticking = undefined;
    });
  }

  function supervise(source: StreamSource): StreamSupervisor {
    const existing = supervisors.get(source.key);
    if (existing !== undefined) {
      existing.update(source);
      return existing;
    }
    const supervisor = new StreamSupervisor(source, {
      clock,
      random,
      arena,
      gate,
      logins,
      settings,
      emit,
      onSinkFault: report,
      onIdle: (idle) => {
        if (supervisors.get(idle.key) === idle) supervisors.delete(idle.key);
      },
    });
    supervisors.set(source.key, supervisor);
    if (ticking === undefined) {
      lastTickMs = clock.monotonicMs();
      tickSoon();
    }
    return supervisor;
  }

  return {
    subscribe(source, sink, subscribing) {
      if (stopped) throw new MediaError('STOPPED', 'the stream hub was stopped');
      const remove = supervise(source).add(sink);
      return { close: () => remove(subscribing?.lingerMs ?? settings.lingerMs) };
    },
    update(source) {
      supervisors.get(source.key)?.update(source);
    },
    status: (key) => supervisors.get(key)?.status(),
    statuses: () => [...supervisors.values()].map((supervisor) => supervisor.status()),
    onEvent(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async stop() {
      stopped = true;
      await Promise.all([...supervisors.values()].map((supervisor) => supervisor.stop()));
      ticking?.cancel();
      ticking = undefined;
    },
  };
}
