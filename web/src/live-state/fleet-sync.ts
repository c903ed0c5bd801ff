import type { ServerMessage } from '@nigehban/domain/api/ws-messages.ts';
import type { ConsoleSocket } from './console-socket.ts';
import type { FleetLists, FleetStore } from './fleet-store.ts';
import type { ServerClock } from './server-clock.ts';

export interface FleetSyncPorts {
  readonly socket: Pick<ConsoleSocket, 'onMessage'>;
  readonly store: FleetStore;
  readonly clock: ServerClock;
  readonly loadLists: () => Promise<FleetLists>;
  /** Runs a failed load again after a while. */
  readonly later: (run: () => void) => void;
}

/**
 * Keeps the store true: loads the lists on the first welcome, and again whenever the server's
 * sequence number shows that changes were missed or the plan changed. Returns the function that
 * stops it. Loads never overlap; one asked for during another runs after it.
 */
export function startFleetSync(ports: FleetSyncPorts): () => void {
  let seenSeq: number | null = null;
  let loading = false;
  let again = false;
  let stopped = false;

  const load = async (): Promise<void> => {
    if (stopped) return;
    if (loading) {
      again = true;
      return;
    }
    loading = true;
    again = false;
    ports.store.beginLoad();
    try {
      const lists = await ports.loadLists();
      if (!stopped) ports.store.finishLoad(lists, ports.clock.nowMs());
    } catch {
      ports.store.abandonLoad();
      if (!stopped) ports.later(() => void load());
    }
    loading = false;
    if (again) void load();
  };

  const receive = (message: ServerMessage): void => {
    switch (message.type) {
      case 'welcome':
      case 'heartbeat':
        ports.clock.adjust(message.nowMs);
        if (message.seq !== seenSeq) void load();
        seenSeq = message.seq;
        return;
      case 'camera':
      case 'station':
      case 'alert':
      case 'incident':
        ports.store.apply(message);
        seenSeq = message.seq;
        return;
      case 'phase':
        seenSeq = message.seq;
        return;
      case 'reload':
        seenSeq = message.seq;
        void load();
    }
  };

  const unsubscribe = ports.socket.onMessage(receive);
  return () => {
    stopped = true;
    unsubscribe();
  };
}
