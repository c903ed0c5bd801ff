import { formatCsv } from '@nigehban/domain/csv-rows.ts';
import { type PlanColumn, planColumnKeys } from '@nigehban/domain/plan-columns.ts';

/** Lists as districts hand them in, for tests and benchmarks: clean ones and ones with defects. */

export type ListRow = Partial<Record<PlanColumn, string>>;

const districts = [
  { code: 'LHR', seats: [117, 118, 119, 120], lat: 31.56, lon: 74.35 },
  { code: 'FSD', seats: [95, 96, 97, 98], lat: 31.42, lon: 73.09 },
  { code: 'MUL', seats: [148, 149, 150], lat: 30.2, lon: 71.48 },
  { code: 'RWP', seats: [52, 53, 54], lat: 33.6, lon: 73.05 },
] as const;

const places = ['ENTRANCE', 'REAR', 'BOOTH', 'BOOTH', 'COUNT_TABLE'] as const;

/** Rows of a clean list: `stations` stations with five cameras each, or as many as make `cameras`. */
export function buildList(cameras: number): ListRow[] {
  return Array.from({ length: cameras }, (_, index) => {
    const stationIndex = Math.floor(index / places.length);
    const place = index % places.length;
    const district = districts[stationIndex % districts.length] ?? districts[0];
    const inDistrict = Math.floor(stationIndex / districts.length);
    const seat = district.seats[inDistrict % district.seats.length] ?? 0;
    const number = Math.floor(inDistrict / district.seats.length) + 1;
    const booth = place === 2 ? '1' : place === 3 ? '2' : '';
    const lat = district.lat + ((stationIndex * 37) % 2_000) / 10_000;
    const lon = district.lon + ((stationIndex * 53) % 1_999) / 10_000;
    return {
      district_code: district.code,
      constituency: `NA-${seat}`,
      pp_constituency: `PP-${seat}`,
      pp_station_no: String(number),
      station_no: String(number),
      station_name: `Govt School ${seat}/${number}, Main Road`,
      station_name_ur: `گورنمنٹ سکول ${number}`,
      category: 'A',
      category_from: '2024-01-20',
      station_type: 'Combined',
      permanence: 'Permanent',
      voters: '1269',
      booths_male: '1',
      booths_female: '1',
      lat: lat.toFixed(4),
      lon: lon.toFixed(4),
      placement: places[place] ?? 'REAR',
      booth,
      camera_no: String(place === 2 || place === 3 ? 1 : place + 1),
      serial: `NB${String(index + 1).padStart(7, '0')}`,
      mac: `02:00:00:${[16, 8, 0].map((shift) => (((index + 1) >> shift) & 255).toString(16).padStart(2, '0')).join(':')}`,
      address: `127.${20 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}`,
      onvif_port: '80',
      username: 'admin',
      password: 'Plan-2024',
      uplink: `PTCL ${district.code} ${(inDistrict % 2) + 1}`,
      feeder: `${district.code}-F${(inDistrict % 3) + 1}`,
    };
  });
}

/** The list as CSV with the product's own headings. */
export function listCsv(
  rows: readonly ListRow[],
  header: readonly string[] = planColumnKeys,
): string {
  const lines = rows.map((row) => planColumnKeys.map((column) => row[column] ?? ''));
  return formatCsv([[...header], ...lines]);
}

/** The list with every twentieth row spoilt in one of several ways. */
export function spoilRows(rows: readonly ListRow[]): { rows: ListRow[]; spoilt: number[] } {
  const ways: readonly ListRow[] = [
    { district_code: 'Lahroe' },
    { station_no: 'forty-two' },
    { category: 'very' },
    { placement: 'ROOF' },
    { mac: 'no mac' },
    { address: '300.1.1.1' },
    { lat: '#REF!', lon: '74.1' },
    { constituency: 'NA-999' },
    { camera_no: '' },
  ];
  const spoilt: number[] = [];
  const after = rows.map((row, index) => {
    if (index % 20 !== 19) return row;
    spoilt.push(index + 2);
    return { ...row, ...ways[Math.floor(index / 20) % ways.length] };
  });
  return { rows: after, spoilt };
}
