import { buildCameraCode, buildStationCode } from '@nigehban/domain/camera-code.ts';
import {
  addressAfter,
  defaultAddressing,
  type FleetAddressing,
  type FleetCameraPlan,
  type FleetPlacement,
  type FleetPlan,
  type FleetStation,
  macOf,
} from './fleet-plan.ts';

const stationList: readonly Omit<FleetStation, 'id'>[] = [
  {
    name: 'Govt. Boys High School Shahdara',
    nameUr: 'گورنمنٹ بوائز ہائی اسکول شاہدرہ',
    districtCode: 'LHR',
    districtName: 'Lahore',
    nationalConstituency: 117,
    provincialConstituency: 145,
    stationNumber: 42,
    kind: 'COMBINED',
    maleBooths: 2,
    femaleBooths: 2,
    registeredVoters: 1432,
    latitude: 31.6211,
    longitude: 74.2824,
    uplink: 'PTCL Shahdara',
    feeder: 'LESCO Shahdara-2',
  },
  {
    name: 'Govt. Girls College Gulberg',
    nameUr: 'گورنمنٹ گرلز کالج گلبرگ',
    districtCode: 'LHR',
    districtName: 'Lahore',
    nationalConstituency: 122,
    provincialConstituency: 157,
    stationNumber: 108,
    kind: 'FEMALE',
    maleBooths: 0,
    femaleBooths: 3,
    registeredVoters: 1187,
    latitude: 31.5102,
    longitude: 74.3441,
    uplink: 'PTCL Gulberg',
    feeder: 'LESCO Gulberg-7',
  },
  {
    name: 'Govt. Primary School Dhoke Ratta',
    nameUr: 'گورنمنٹ پرائمری اسکول ڈھوک رتہ',
    districtCode: 'RWP',
    districtName: 'Rawalpindi',
    nationalConstituency: 55,
    provincialConstituency: 15,
    stationNumber: 17,
    kind: 'MALE',
    maleBooths: 3,
    femaleBooths: 0,
    registeredVoters: 1264,
    latitude: 33.6069,
    longitude: 73.0421,
    uplink: 'PTCL Saddar RWP',
    feeder: 'IESCO Ratta-3',
  },
  {
    name: 'Govt. Gordon College Rawalpindi',
    nameUr: 'گورنمنٹ گورڈن کالج راولپنڈی',
    districtCode: 'RWP',
    districtName: 'Rawalpindi',
    nationalConstituency: 56,
    provincialConstituency: 17,
    stationNumber: 231,
    kind: 'COMBINED',
    maleBooths: 2,
    femaleBooths: 1,
    registeredVoters: 1521,
    latitude: 33.6073,
    longitude: 73.0615,
    uplink: 'PTCL Saddar RWP',
    feeder: 'IESCO Gordon-1',
  },
  {
    name: 'Govt. Boys High School Gulgasht',
    nameUr: 'گورنمنٹ بوائز ہائی اسکول گلگشت',
    districtCode: 'MUL',
    districtName: 'Multan',
    nationalConstituency: 149,
    provincialConstituency: 216,
    stationNumber: 66,
    kind: 'COMBINED',
    maleBooths: 2,
    femaleBooths: 2,
    registeredVoters: 1398,
    latitude: 30.2247,
    longitude: 71.4689,
    uplink: 'Nayatel Gulgasht',
    feeder: 'MEPCO Gulgasht-5',
  },
  {
    name: 'Basic Health Unit Qadirpur Ran',
    nameUr: 'بنیادی مرکز صحت قادر پور راں',
    districtCode: 'MUL',
    districtName: 'Multan',
    nationalConstituency: 151,
    provincialConstituency: 219,
    stationNumber: 4,
    kind: 'COMBINED',
    maleBooths: 1,
    femaleBooths: 1,
    registeredVoters: 943,
    latitude: 30.2926,
    longitude: 71.6714,
    uplink: 'PTCL Qadirpur',
    feeder: 'MEPCO Qadirpur-1',
  },
];

const exerciseStations: readonly FleetStation[] = stationList.map((station) => ({
  id: buildStationCode(`NA-${station.nationalConstituency}`, station.stationNumber),
  ...station,
}));

const placements: readonly FleetPlacement[] = ['ENTRANCE', 'BOOTH', 'COUNT_TABLE'];

/** The model of each of the 18 cameras: every vendor in at least three places, one H.265. */
const modelOfCamera: readonly string[] = [
  ...['KV-2100', 'NL-D40', 'TQ-6IR'],
  ...['NL-D40', 'KV-2100', 'SB-720E'],
  ...['TQ-6IR', 'SB-720E', 'KV-2100'],
  ...['SB-720E', 'NL-D40', 'NL-H65'],
  ...['KV-2100', 'TQ-6IR', 'NL-D40'],
  ...['TQ-6IR', 'KV-2100', 'SB-720E'],
];

/** One password a station; the fourth has what careless XML and URL code trips over. */
const passwordOfStation: readonly string[] = [
  'Shahdara-0842',
  'Gulberg-3108',
  'Ratta-5517',
  'Gordon&231@Pk',
  'Gulgasht-4966',
  'Qadirpur-5104',
];

/** The camera whose H.264 stream comes with G.711 audio. */
const audioCameraIndex = 4;

/**
 * The default exercise: 18 cameras in 6 polling stations of 3 districts, the last two stations by
 * night. The same call gives the same plan, so that cameras stay registered between runs.
 */
export function exercisePlan(addressing: FleetAddressing = defaultAddressing): FleetPlan {
  const cameras = exerciseStations.flatMap((station, stationIndex) =>
    placements.map((placement, placementIndex): FleetCameraPlan => {
      const index = stationIndex * placements.length + placementIndex;
      const booth = placement === 'BOOTH' ? 1 + (stationIndex % 2) : null;
      return {
        id: buildCameraCode(station.id, booth, placement === 'COUNT_TABLE' ? 2 : 1),
        stationId: station.id,
        placement,
        booth,
        serial: String(9_876_543_210 + index),
        mac: macOf(index + 1),
        address: addressAfter(addressing.baseAddress, index),
        httpPort: addressing.httpPort,
        rtspPort: addressing.rtspPort,
        username: 'nigehban',
        password: passwordOfStation[stationIndex] ?? '',
        modelName: modelOfCamera[index] ?? 'KV-2100',
        light: stationIndex >= 4 || index === 9 ? 'night' : 'day',
        audio: index === audioCameraIndex,
      };
    }),
  );
  return { stations: exerciseStations, cameras };
}

const generatedModels = ['KV-2100', 'NL-D40', 'TQ-6IR', 'SB-720E'] as const;

/**
 * A plan of `cameraCount` cameras for load and tests: three cameras a station, four models in
 * turn unless others are named, all with the user `nigehban` and the password `Punjab-2024`.
 */
export function generatedPlan(
  cameraCount: number,
  addressing: FleetAddressing = defaultAddressing,
  models: readonly string[] = generatedModels,
): FleetPlan {
  const stations: FleetStation[] = [];
  const cameras: FleetCameraPlan[] = [];
  for (let index = 0; index < cameraCount; index += 1) {
    const stationIndex = Math.floor(index / placements.length);
    const placement = placements[index % placements.length] ?? 'ENTRANCE';
    const template = exerciseStations[stationIndex % exerciseStations.length];
    if (template === undefined) throw new Error('no station template');
    // Numbers have four digits: a province goes on below the first one.
    const stationNumber = stationIndex < 9_500 ? 500 + stationIndex : stationIndex - 9_499;
    const id = buildStationCode(`NA-${template.nationalConstituency}`, stationNumber);
    if (placement === 'ENTRANCE') {
      stations.push({
        ...template,
        id,
        name: `Simulated station ${stationIndex + 1}`,
        nameUr: `فرضی اسٹیشن ${stationIndex + 1}`,
        stationNumber,
        // Thousands on the template's own would be one cause of everything.
        uplink: null,
        feeder: null,
      });
    }
    const booth = placement === 'BOOTH' ? 1 : null;
    cameras.push({
      id: buildCameraCode(id, booth, placement === 'COUNT_TABLE' ? 2 : 1),
      stationId: id,
      placement,
      booth,
      serial: String(5_000_000_000 + index),
      mac: macOf(0x10000 + index),
      address: addressAfter(addressing.baseAddress, index),
      httpPort: addressing.httpPort,
      rtspPort: addressing.rtspPort,
      username: 'nigehban',
      password: 'Punjab-2024',
      modelName: models[index % models.length] ?? 'KV-2100',
      light: stationIndex % 2 === 0 ? 'day' : 'night',
      audio: false,
    });
  }
  return { stations, cameras };
}
