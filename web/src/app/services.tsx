import type { AlertView, CameraView, StationView } from '@nigehban/domain/api/http-types.ts';
import type { CameraId } from '@nigehban/domain/camera.ts';
import {
  createContext,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useState,
  useSyncExternalStore,
} from 'react';
import type { ConsoleSocket, LinkState } from '../live-state/console-socket.ts';
import type { FleetSnapshot, FleetStore } from '../live-state/fleet-store.ts';
import type { ServerClock } from '../live-state/server-clock.ts';

/** What lives as long as the page: the link to the server and what it told. */
export interface ConsoleServices {
  readonly socket: ConsoleSocket;
  readonly store: FleetStore;
  readonly clock: ServerClock;
}

const Context = createContext<ConsoleServices | null>(null);

export function ServicesProvider(props: {
  readonly services: ConsoleServices;
  readonly children: ReactNode;
}) {
  return <Context value={props.services}>{props.children}</Context>;
}

export function useServices(): ConsoleServices {
  const services = useContext(Context);
  if (services === null) throw new Error('useServices outside ServicesProvider');
  return services;
}

export function useFleet(): FleetSnapshot {
  const { store } = useServices();
  return useSyncExternalStore(store.subscribe, store.snapshot);
}

export function useCamera(id: CameraId): CameraView | null {
  const { store } = useServices();
  const subscribe = useCallback(
    (listener: () => void) => {
      const stopCamera = store.subscribeCamera(id, listener);
      const stopLists = store.subscribe(listener);
      return () => {
        stopCamera();
        stopLists();
      };
    },
    [store, id],
  );
  return useSyncExternalStore(subscribe, () => store.camera(id));
}

export function useStation(code: string | null): StationView | null {
  const { store } = useServices();
  return useSyncExternalStore(store.subscribe, () => (code === null ? null : store.station(code)));
}

/** The open alert of a station, if any. */
export function useStationAlert(code: string | null): AlertView | null {
  const { openAlerts } = useFleet();
  return useMemo(
    () => openAlerts.find((alert) => alert.stationCode === code) ?? null,
    [openAlerts, code],
  );
}

export function useLinkState(): LinkState {
  const { socket } = useServices();
  const subscribe = useCallback((listener: () => void) => socket.onStateChange(listener), [socket]);
  return useSyncExternalStore(subscribe, () => socket.state);
}

/** The server's time, told anew every `everyMs`. */
export function useServerNow(everyMs: number): number {
  const { clock } = useServices();
  const [nowMs, setNowMs] = useState(clock.nowMs);
  useEffect(() => {
    const timer = setInterval(() => setNowMs(clock.nowMs()), everyMs);
    return () => clearInterval(timer);
  }, [clock, everyMs]);
  return nowMs;
}
