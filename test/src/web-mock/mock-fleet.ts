import { decideSeverity, rankAlert } from '@nigehban/domain/alert-severity.ts';
import type {
  AlertView,
  CameraDetail,
  CameraView,
  StationView,
} from '@nigehban/domain/api/http-types.ts';
import type { Placement } from '@nigehban/domain/camera.ts';
import { type CameraStateKind, isDown } from '@nigehban/domain/camera-state.ts';
import type { FaultCode } from '@nigehban/domain/faults.ts';
import { insidePlacements } from '@nigehban/domain/permissions.ts';
import { deriveStationState } from '@nigehban/domain/station-state.ts';

/** Rows of the mock plan: code, name, Urdu name, district, cameras as placement and booth. */
interface StationPlan {
  readonly code: string;
  readonly name: string;
  readonly nameUr: string;
  readonly district: readonly [code: string, name: string, nameUr: string];
  readonly seat: string;
  readonly category: StationView['category'];
  readonly position: readonly [lat: number, lon: number];
  readonly cameras: readonly (readonly [placement: Placement, booth: number | null])[];
}

const lahore = ['LHR', 'Lahore', 'لاہور'] as const;
const rawalpindi = ['RWP', 'Rawalpindi', 'راولپنڈی'] as const;
const multan = ['MUL', 'Multan', 'ملتان'] as const;
const usual = [
  ['ENTRANCE', null],
  ['BOOTH', 1],
  ['BOOTH', 2],
] as const;

const plans: readonly StationPlan[] = [
  {
    code: 'GE24-NA117-PS042',
    name: 'Govt. Boys High School Shahdara',
    nameUr: 'گورنمنٹ بوائز ہائی اسکول شاہدرہ',
    district: lahore,
    seat: 'NA-117',
    category: 'HIGHLY_SENSITIVE',
    position: [31.6211, 74.2824],
    cameras: [...usual, ['COUNT_TABLE', null]],
  },
  {
    code: 'GE24-NA122-PS108',
    name: 'Govt. Girls College Gulberg',
    nameUr: 'گورنمنٹ گرلز کالج گلبرگ',
    district: lahore,
    seat: 'NA-122',
    category: 'HIGHLY_SENSITIVE',
    position: [31.5102, 74.3441],
    cameras: usual,
  },
  {
    code: 'GE24-NA128-PS011',
    name: 'Basic Health Unit Chung',
    nameUr: 'بنیادی مرکزِ صحت چوہنگ',
    district: lahore,
    seat: 'NA-128',
    category: 'SENSITIVE',
    position: [31.4284, 74.2215],
    cameras: [
      ['ENTRANCE', null],
      ['BOOTH', 1],
    ],
  },
  {
    code: 'GE24-NA056-PS203',
    name: 'Govt. Islamia High School Liaquat Road, Rawalpindi',
    nameUr: 'گورنمنٹ اسلامیہ ہائی اسکول لیاقت روڈ، راولپنڈی',
    district: rawalpindi,
    seat: 'NA-56',
    category: 'HIGHLY_SENSITIVE',
    position: [33.6117, 73.0586],
    cameras: usual,
  },
  {
    code: 'GE24-NA057-PS017',
    name: 'Municipal Library Hall, Saddar',
    nameUr: 'میونسپل لائبریری ہال، صدر',
    district: rawalpindi,
    seat: 'NA-57',
    category: 'HIGHLY_SENSITIVE',
    position: [33.5973, 73.0479],
    cameras: usual,
  },
  {
    code: 'GE24-NA149-PS066',
    name: 'Govt. Primary School Basti Malook',
    nameUr: 'گورنمنٹ پرائمری اسکول بستی ملوک',
    district: multan,
    seat: 'NA-149',
    category: 'HIGHLY_SENSITIVE',
    position: [29.9432, 71.4915],
    cameras: usual,
  },
];

const letterOf: Readonly<Record<Placement, string>> = {
  ENTRANCE: 'E',
  REAR: 'R',
  QUEUE: 'Q',
  BOOTH: 'B',
  COUNT_TABLE: 'T',
  RO_OFFICE: 'O',
  STRONGROOM: 'S',
};

/** Severity and rank as the server gives them. */
function weigh(
  alert: Pick<AlertView, 'phase' | 'category' | 'missingPlacements' | 'expected'> & {
    readonly kind: AlertView['kind'];
    readonly lostPlacements: AlertView['lostPlacements'];
  },
): Pick<AlertView, 'severity' | 'rank'> {
  const weight = { ...alert, coverageShare: 0, expected: alert.expected !== null };
  return { severity: decideSeverity(weight), rank: rankAlert(weight) };
}

type Writable<View> = { -readonly [Key in keyof View]: View[Key] };

/** The mock's whole state: cameras that can be unplugged, stations and alerts that follow. */
export class MockFleet {
  readonly cameras: Writable<CameraView>[] = [];
  readonly stations: Writable<StationView>[] = [];
  readonly alerts: Writable<AlertView>[] = [];
  #nextAlertId = 1;

  /** `extraStations` adds plain ones, to see long lists. */
  constructor(nowMs: number, extraStations = 0) {
    const extra = Array.from({ length: extraStations }, (_, index): StationPlan => {
      const district = [lahore, rawalpindi, multan][index % 3] ?? lahore;
      const seat = 49 + (index % 141);
      const number = String(300 + index).padStart(3, '0');
      return {
        code: `GE24-NA${String(seat).padStart(3, '0')}-PS${number}`,
        name: `Govt. Primary School No. ${index + 1}`,
        nameUr: `گورنمنٹ پرائمری اسکول نمبر ${index + 1}`,
        district,
        seat: `NA-${seat}`,
        category: index % 4 === 0 ? 'SENSITIVE' : 'NORMAL',
        position: [31, 73],
        cameras: usual,
      };
    });
    for (const plan of [...plans, ...extra]) this.#addStation(plan, nowMs);
  }

  #addStation(plan: StationPlan, nowMs: number): void {
    this.stations.push({
      code: plan.code,
      name: plan.name,
      nameUr: plan.nameUr,
      districtCode: plan.district[0],
      district: plan.district[1],
      districtUr: plan.district[2],
      constituency: plan.seat,
      category: plan.category,
      lat: plan.position[0],
      lon: plan.position[1],
      state: 'OK',
      sinceMs: null,
      cameras: plan.cameras.length,
      down: 0,
      openAlertId: null,
    });
    plan.cameras.forEach(([placement, booth], index) => {
      this.cameras.push({
        id: this.cameras.length + 1,
        code: `${plan.code}-${letterOf[placement]}${booth ?? ''}-C${index + 1}`,
        stationCode: plan.code,
        placement,
        booth,
        state: 'ONLINE',
        sinceMs: nowMs - 5_400_000 - index * 61_000,
        fault: null,
        lastFrameMs: nowMs,
        registered: true,
        recording: true,
        live: ['main', 'sub'],
        approval: insidePlacements.includes(placement) ? 'approved' : 'not-needed',
      });
    });
  }

  /** Changes a camera and lets station and alert follow, as the server would. */
  setCamera(
    id: number,
    state: CameraStateKind,
    fault: FaultCode | null,
    nowMs: number,
  ): { camera: CameraView; station: StationView; alert: AlertView | null } {
    const camera = this.cameras.find((candidate) => candidate.id === id);
    const station = this.stations.find((candidate) => candidate.code === camera?.stationCode);
    if (camera === undefined || station === undefined) throw new Error(`no camera ${id}`);
    Object.assign(camera, { state, fault, sinceMs: nowMs, recording: !isDown(state) });
    const siblings = this.cameras.filter((other) => other.stationCode === station.code);
    const derived = deriveStationState(
      siblings.map((other) => ({
        cameraId: other.id,
        placement: other.placement,
        state: other.state,
        sinceMs: other.sinceMs,
      })),
    );
    let alert = this.alerts.find((other) => other.id === station.openAlertId) ?? null;
    if (derived.kind === 'OK') {
      if (alert !== null) {
        Object.assign(alert, { state: 'closed', closedAtMs: nowMs, version: alert.version + 1 });
      }
    } else {
      if (alert === null) {
        alert = this.#openAlert(station, nowMs);
      }
      Object.assign(alert, {
        kind: derived.kind,
        cameras: derived.cameras,
        down: derived.down,
        lostPlacements: derived.lostPlacements,
        coverageShare: derived.kind === 'BLIND' ? 0 : 1 - derived.down / derived.cameras,
        ...weigh({ ...alert, ...derived, kind: derived.kind }),
        version: alert.version + 1,
        causes: siblings
          .filter((other) => isDown(other.state))
          .map((other) => ({
            cameraId: other.id,
            cameraCode: other.code,
            state: other.state,
            fault: other.fault,
          })),
      });
    }
    Object.assign(station, {
      state: derived.kind,
      down: derived.down,
      sinceMs: derived.sinceMs,
      openAlertId: derived.kind === 'OK' ? null : (alert?.id ?? null),
    });
    return { camera, station, alert };
  }

  #openAlert(station: StationView, nowMs: number): Writable<AlertView> {
    const alert: Writable<AlertView> = {
      id: this.#nextAlertId++,
      stationCode: station.code,
      stationName: station.name,
      stationNameUr: station.nameUr,
      districtCode: station.districtCode,
      kind: 'PARTIAL',
      state: 'open',
      openedAtMs: nowMs,
      acknowledgedAtMs: null,
      acknowledgedBy: null,
      closedAtMs: null,
      cameras: station.cameras,
      down: 0,
      lostPlacements: [],
      causes: [],
      version: 0,
      severity: 'major',
      rank: 12_000,
      phase: 'poll',
      category: station.category,
      sinceMs: nowMs,
      missingPlacements: [],
      coverageShare: 1,
      incidentId: null,
      expected: null,
      assignee: null,
      escalationLevel: 0,
      reopened: 0,
      pagedAtMs: null,
      notes: 0,
      resolution: null,
    };
    this.alerts.push(alert);
    return alert;
  }

  describeCamera(camera: CameraView, nowMs: number): CameraDetail {
    const station = this.stations.find((candidate) => candidate.code === camera.stationCode);
    if (station === undefined) throw new Error(`no station ${camera.stationCode}`);
    const down = isDown(camera.state);
    return {
      ...camera,
      station,
      address: `127.16.0.${camera.id}`,
      identity: {
        manufacturer: 'Pakvision',
        model: 'PV-2043-IR',
        firmware: '5.7.14 build 231120',
        serial: `PV2043-${String(48_210 + camera.id)}`,
        mac: `02:1f:9a:00:10:${(16 + camera.id).toString(16).padStart(2, '0')}`,
      },
      streams: [
        {
          quality: 'main',
          codec: camera.live.includes('main') ? 'H264' : 'H265',
          widthPx: 1280,
          heightPx: 720,
          frameRateFps: 25,
        },
        { quality: 'sub', codec: 'H264', widthPx: 640, heightPx: 360, frameRateFps: 15 },
      ],
      clockOffsetMs: camera.id % 4 === 0 ? 3_604_120 : -84,
      evidence: down ? `connect to 127.16.0.${camera.id}:554: no route to host` : null,
      nextAction: down ? 'Check power, cable and network of the polling station.' : null,
      reasons: [],
      flappingSinceMs: null,
      counters: [
        {
          cameraId: camera.id,
          quality: 'main',
          packets: 1_284_112,
          lost: 37,
          bytes: 1_502_113_024,
          jitterMs: 2.4,
          sessions: 1,
          viewers: 2,
          lastPacketMs: nowMs - 40,
          clockOffsetMs: -84,
          recording: camera.recording,
        },
      ],
      history: [
        {
          atMs: camera.sinceMs,
          from: 'SUSPECTED',
          to: camera.state,
          fault: camera.fault,
          evidence: down ? `connect to 127.16.0.${camera.id}:554: no route to host` : null,
        },
        {
          atMs: camera.sinceMs - 6_200,
          from: 'ONLINE',
          to: 'SUSPECTED',
          fault: null,
          evidence: 'no packet for 5.0 s',
        },
        {
          atMs: camera.sinceMs - 5_400_000,
          from: 'UNKNOWN',
          to: 'ONLINE',
          fault: null,
          evidence: null,
        },
      ],
    };
  }
}
