import type { IncidentView } from '@nigehban/domain/api/alert-types.ts';
import type { AlertView, CameraView, StationView } from '@nigehban/domain/api/http-types.ts';
import type { ServerMessage } from '@nigehban/domain/api/ws-messages.ts';
import { expect, test } from 'vitest';
import { type FleetDelta, type FleetLists, FleetStore } from './fleet-store.ts';
import { startFleetSync } from './fleet-sync.ts';
import { ServerClock } from './server-clock.ts';

const camera = { id: 7, code: 'C7', stationCode: 'S1', state: 'ONLINE', sinceMs: 1 } as CameraView;
const station = { code: 'S1', name: 'One', state: 'OK', cameras: 3, down: 0 } as StationView;
const alert = { id: 4, state: 'open', version: 1, openedAtMs: 10 } as AlertView;
const lists: FleetLists = {
  stations: [station],
  cameras: [camera],
  openAlerts: [alert],
  openIncidents: [],
};

function cameraDelta(state: CameraView['state'], seq = 2): FleetDelta {
  return {
    type: 'camera',
    seq,
    id: 7,
    state,
    sinceMs: 5,
    fault: null,
    lastFrameMs: null,
    recording: false,
  };
}

function setUp() {
  const scheduled: (() => void)[] = [];
  const store = new FleetStore((run) => scheduled.push(run));
  const publish = (): void => {
    for (const run of scheduled.splice(0)) run();
  };
  return { store, scheduled, publish };
}

test('a delta changes its camera at once and the lists with the next publication', () => {
  const { store, publish } = setUp();
  store.finishLoad(lists, 100);
  let told = 0;
  store.subscribeCamera(7, () => {
    told += 1;
  });
  const before = store.snapshot();
  store.apply(cameraDelta('UNREACHABLE'));
  expect(store.camera(7)?.state).toBe('UNREACHABLE');
  expect(told).toBe(1);
  expect(store.snapshot()).toBe(before);
  publish();
  expect(store.snapshot().cameras[0]?.state).toBe('UNREACHABLE');
  expect(store.camera(7)?.code).toBe('C7');
});

test('a thousand deltas are one publication', () => {
  const { store, scheduled } = setUp();
  store.finishLoad(lists, 100);
  for (let count = 0; count < 1_000; count++) store.apply(cameraDelta('ONLINE'));
  expect(scheduled).toHaveLength(1);
});

test('a delta that comes during a load survives the older list', () => {
  const { store } = setUp();
  store.beginLoad();
  store.apply(cameraDelta('SILENT'));
  store.finishLoad(lists, 100);
  expect(store.snapshot().cameras[0]?.state).toBe('SILENT');
});

test('open alerts: newest first, closed ones leave, an older version changes nothing', () => {
  const { store, publish } = setUp();
  store.finishLoad(lists, 100);
  store.apply({ type: 'alert', seq: 3, alert: { ...alert, id: 5, openedAtMs: 20 } });
  publish();
  expect(store.snapshot().openAlerts.map((item) => item.id)).toEqual([5, 4]);
  expect(store.snapshot().unacknowledged).toBe(2);
  store.apply({ type: 'alert', seq: 4, alert: { ...alert, state: 'acknowledged', version: 2 } });
  store.apply({ type: 'alert', seq: 5, alert });
  store.apply({ type: 'alert', seq: 6, alert: { ...alert, id: 5, state: 'closed', version: 2 } });
  publish();
  expect(store.snapshot().openAlerts).toMatchObject([{ id: 4, state: 'acknowledged' }]);
  expect(store.snapshot().unacknowledged).toBe(0);
});

test('incidents come with their deltas, also those of a load, and leave when they close', () => {
  const { store, publish } = setUp();
  const incident = { id: 9, state: 'open', version: 3 } as IncidentView;
  store.finishLoad({ ...lists, openIncidents: [incident] }, 100);
  expect(store.snapshot().openIncidents).toEqual([incident]);
  store.apply({ type: 'incident', seq: 3, incident: { ...incident, version: 2 } });
  store.apply({ type: 'incident', seq: 4, incident: { ...incident, id: 10 } });
  publish();
  expect(store.snapshot().openIncidents.map((item) => [item.id, item.version])).toEqual([
    [9, 3],
    [10, 3],
  ]);
  store.apply({ type: 'incident', seq: 5, incident: { ...incident, state: 'closed', version: 4 } });
  publish();
  expect(store.snapshot().openIncidents.map((item) => item.id)).toEqual([10]);
});

function setUpSync() {
  const { store } = setUp();
  let listener: (message: ServerMessage) => void = () => undefined;
  const loads: { resolve: (lists: FleetLists) => void; reject: () => void }[] = [];
  const laters: (() => void)[] = [];
  const stop = startFleetSync({
    socket: {
      onMessage: (given) => {
        listener = given;
        return () => {
          listener = () => undefined;
        };
      },
    },
    store,
    clock: new ServerClock(() => 0),
    loadLists: () =>
      new Promise((resolve, reject) => loads.push({ resolve, reject: () => reject(new Error()) })),
    later: (run) => laters.push(run),
  });
  const settled = () => new Promise((resolve) => setTimeout(resolve));
  return {
    store,
    send: (message: ServerMessage) => listener(message),
    loads,
    laters,
    stop,
    settled,
  };
}

test('loads on the first welcome and only again when something was missed', async () => {
  const { store, send, loads, settled } = setUpSync();
  send({ type: 'welcome', seq: 8, nowMs: 0 });
  expect(loads).toHaveLength(1);
  loads[0]?.resolve(lists);
  await settled();
  expect(store.snapshot().loaded).toBe(true);
  send({ ...cameraDelta('SILENT', 9) });
  send({ type: 'heartbeat', seq: 9, nowMs: 0 });
  send({ type: 'welcome', seq: 9, nowMs: 0 });
  expect(loads).toHaveLength(1);
  send({ type: 'welcome', seq: 12, nowMs: 0 });
  expect(loads).toHaveLength(2);
});

test('a reload that is asked for during another runs after it, once', async () => {
  const { send, loads, settled } = setUpSync();
  send({ type: 'welcome', seq: 1, nowMs: 0 });
  send({ type: 'reload', seq: 2 });
  send({ type: 'reload', seq: 3 });
  expect(loads).toHaveLength(1);
  loads[0]?.resolve(lists);
  await settled();
  expect(loads).toHaveLength(2);
  loads[1]?.resolve(lists);
  await settled();
  expect(loads).toHaveLength(2);
});

test('a failed load is tried again later, and never after the end', async () => {
  const { store, send, loads, laters, stop, settled } = setUpSync();
  send({ type: 'welcome', seq: 1, nowMs: 0 });
  loads[0]?.reject();
  await settled();
  expect(laters).toHaveLength(1);
  laters[0]?.();
  expect(loads).toHaveLength(2);
  stop();
  loads[1]?.resolve(lists);
  await settled();
  expect(store.snapshot().loaded).toBe(false);
});
