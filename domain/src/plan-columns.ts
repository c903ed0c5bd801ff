/** What a deployment plan says of a camera and its station, one column each. */
export const planColumnKeys = [
  'district_code',
  'constituency',
  'station_no',
  'station_name',
  'station_name_ur',
  'category',
  'station_type',
  'lat',
  'lon',
  'placement',
  'booth',
  'camera_no',
  'serial',
  'mac',
  'address',
  'onvif_port',
  'username',
  'password',
  'pp_constituency',
  'pp_station_no',
  'category_from',
  'category_to',
  'permanence',
  'voters',
  'booths_male',
  'booths_female',
  'building_name',
  'building_name_ur',
  'uplink',
  'feeder',
  'booth_type',
] as const;
export type PlanColumn = (typeof planColumnKeys)[number];

/** Columns without which a row says nothing. */
export const requiredPlanColumns: readonly PlanColumn[] = [
  'district_code',
  'constituency',
  'station_no',
  'station_name',
  'category',
  'station_type',
  'placement',
  'camera_no',
];

/** Columns whose values are never shown or logged. */
export const secretPlanColumns: readonly PlanColumn[] = ['username', 'password'];

/** Column of the plan → index of the file's column. */
export type PlanMapping = Readonly<Partial<Record<PlanColumn, number>>>;

/** Headings of real lists, as {@link normalizeHeading} writes them; the column's own name is one too. */
const synonyms: Readonly<Record<PlanColumn, readonly string[]>> = {
  district_code: ['district', 'district name', 'name of district', 'dist', 'ضلع', 'ضلع کا نام'],
  constituency: [
    'na',
    'na no',
    'na number',
    'na constituency',
    'national assembly',
    'national assembly constituency',
    'constituency no',
    'constituency number',
    'no and name of constituency',
    'seat',
    'حلقہ',
    'حلقہ نمبر',
    'قومی اسمبلی',
    'قومی اسمبلی حلقہ',
  ],
  station_no: [
    'ps',
    'ps no',
    'ps number',
    'na ps no',
    'polling station no',
    'polling station number',
    'no of polling station',
    'serial no of polling station',
    'station number',
    'پولنگ اسٹیشن نمبر',
  ],
  station_name: [
    'polling station',
    'name of polling station',
    'no and name of polling station',
    'polling station name',
    'ps name',
    'name',
    'station',
  ],
  station_name_ur: [
    'polling station urdu',
    'name urdu',
    'urdu name',
    'station name urdu',
    'polling station name urdu',
    'پولنگ اسٹیشن',
    'پولنگ اسٹیشن کا نام',
    'نام',
  ],
  category: ['sensitivity', 'ps category', 'station category', 'classification', 'درجہ', 'حساسیت'],
  station_type: [
    'type',
    'gender',
    'male female combined',
    'm f c',
    'polling station type',
    'type of polling station',
    'قسم',
    'نوعیت',
  ],
  lat: ['latitude', 'gps latitude', 'gps lat', 'y', 'عرض بلد'],
  lon: ['lng', 'long', 'longitude', 'gps longitude', 'gps lon', 'gps long', 'x', 'طول بلد'],
  placement: ['camera placement', 'location', 'camera location', 'position', 'مقام', 'جگہ'],
  booth: ['booth no', 'booth number', 'polling booth', 'polling booth no', 'بوتھ', 'بوتھ نمبر'],
  camera_no: ['camera', 'camera number', 'cam', 'cam no', 'کیمرا', 'کیمرا نمبر'],
  serial: [
    'serial no',
    'serial number',
    's n',
    'sn',
    'camera serial',
    'camera serial no',
    'device serial',
    'سیریل نمبر',
  ],
  mac: ['mac address', 'mac id', 'camera mac', 'ethernet address', 'میک ایڈریس'],
  address: ['ip', 'ip address', 'camera ip', 'host', 'ipv4', 'آئی پی', 'آئی پی ایڈریس'],
  onvif_port: ['port', 'http port', 'camera port', 'پورٹ'],
  username: ['user', 'user name', 'login', 'camera user', 'صارف', 'صارف نام'],
  password: ['pass', 'pwd', 'camera password', 'پاس ورڈ'],
  pp_constituency: [
    'pp',
    'pp no',
    'pp number',
    'provincial assembly',
    'provincial assembly constituency',
    'صوبائی اسمبلی',
    'صوبائی اسمبلی حلقہ',
  ],
  pp_station_no: ['pp ps no', 'pp ps', 'pp polling station no', 'ps no pp'],
  category_from: ['category date', 'category valid from', 'categorised on', 'درجہ کی تاریخ'],
  category_to: ['category until', 'category valid to'],
  permanence: ['permanent temporary', 'permanent', 'status', 'p t', 'مستقل عارضی'],
  voters: ['registered voters', 'total voters', 'no of voters', 'voters total', 'ووٹر', 'کل ووٹر'],
  booths_male: ['male booths', 'no of male booths', 'booths m', 'مردانہ بوتھ'],
  booths_female: ['female booths', 'no of female booths', 'booths f', 'زنانہ بوتھ'],
  building_name: ['building', 'premises', 'place', 'name of building', 'school', 'عمارت'],
  building_name_ur: ['building urdu', 'place urdu', 'عمارت کا نام'],
  uplink: [
    'carrier',
    'isp',
    'internet provider',
    'internet service provider',
    'network provider',
    'network uplink',
    'network link',
    'internet link',
    'data link',
    'backhaul',
    'bts',
    'exchange',
    'telephone exchange',
    'نیٹ ورک لنک',
    'انٹرنیٹ',
    'انٹرنیٹ لنک',
    'ٹیلی فون ایکسچینج',
    'ایکسچینج',
  ],
  feeder: [
    'power feeder',
    'electricity feeder',
    'electric feeder',
    'feeder name',
    'name of feeder',
    'feeder no',
    'feeder number',
    'feeder code',
    '11 kv feeder',
    '11kv feeder',
    'grid feeder',
    'فیڈر',
    'بجلی فیڈر',
    'بجلی کا فیڈر',
    'فیڈر کا نام',
  ],
  booth_type: ['booth gender', 'male female booth', 'بوتھ کی قسم'],
};

/** A heading without case, punctuation, byte-order mark and Arabic vowel signs. */
export function normalizeHeading(heading: string): string {
  return heading
    .normalize('NFKC')
    .replace(/[\u064b-\u065f\u0670\u0640\ufeff\u200c-\u200f]/g, '')
    .replaceAll('ي', 'ی')
    .replaceAll('ك', 'ک')
    .replaceAll('ه', 'ہ')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}

const columnOfHeading: ReadonlyMap<string, PlanColumn> = new Map(
  planColumnKeys.flatMap((column) =>
    [column, ...synonyms[column]].map((name) => [normalizeHeading(name), column] as const),
  ),
);

/** Which columns of the plan a header names, by synonyms. The first of two equal ones counts. */
export function recognizeColumns(header: readonly string[]): PlanMapping {
  const mapping: Partial<Record<PlanColumn, number>> = {};
  header.forEach((heading, index) => {
    const column = columnOfHeading.get(normalizeHeading(heading));
    if (column !== undefined && mapping[column] === undefined) mapping[column] = index;
  });
  return mapping;
}

/** What a mapping is remembered under: equal for files with the same headings in the same order. */
export function headerSignature(header: readonly string[]): string {
  return header.map(normalizeHeading).join('|');
}

/** Columns that a mapping must name and does not. */
export function missingColumns(mapping: PlanMapping): readonly PlanColumn[] {
  return requiredPlanColumns.filter((column) => mapping[column] === undefined);
}

/** True when the file's column holds credentials, by its mapping or by what its heading says. */
export function isSecretColumn(
  mapping: PlanMapping,
  header: readonly string[],
  index: number,
): boolean {
  if (secretPlanColumns.some((column) => mapping[column] === index)) return true;
  return /pass|pwd|secret|credential|login|پاس/.test(normalizeHeading(header[index] ?? ''));
}
