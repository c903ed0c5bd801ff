import {
  type EscalatedByHand,
  type EscalationLevel,
  type NoticeOccasion,
  type NoticeStep,
  severityRank,
} from './notice-occasion.ts';

export type NoticeLanguage = 'en' | 'ur';

export interface NoticeText {
  readonly subject: string;
  readonly text: string;
  readonly shortText: string;
}

const steps: Readonly<Record<NoticeLanguage, Readonly<Record<NoticeStep, string>>>> = {
  en: {
    opened: 'New',
    reopened: 'Again',
    worsened: 'Worse',
    escalated: 'Escalated',
    closed: 'Over',
  },
  ur: {
    opened: 'نیا',
    reopened: 'دوبارہ',
    worsened: 'مزید خراب',
    escalated: 'اعلیٰ سطح پر',
    closed: 'ختم',
  },
};

const kinds: Readonly<Record<NoticeLanguage, Readonly<Record<string, string>>>> = {
  en: {
    BLIND: 'polling station blind',
    PARTIAL: 'polling station partly blind',
    TAMPERED: 'camera view changed',
    building: 'outage of a building',
    uplink: 'stations of an uplink dark',
    feeder: 'stations of a power feeder dark',
    district: 'outage of a district',
    province: 'outage of the province',
    'media-node': 'our media node is down',
    gateway: 'our camera gateway is down',
    server: 'our server was down',
  },
  ur: {
    BLIND: 'پولنگ اسٹیشن مکمل بند',
    PARTIAL: 'پولنگ اسٹیشن جزوی بند',
    TAMPERED: 'کیمرے کا منظر بدل گیا',
    building: 'عمارت کے کیمرے بند',
    uplink: 'ایک نیٹ ورک لنک کے اسٹیشن بند',
    feeder: 'بجلی کے ایک فیڈر کے اسٹیشن بند',
    district: 'ضلع کے کیمرے بند',
    province: 'صوبے کے کیمرے بند',
    'media-node': 'ہمارا ریکارڈر بند ہے',
    gateway: 'ہمارا کیمرا گیٹ وے بند ہے',
    server: 'ہمارا سرور بند تھا',
  },
};

const severityNames = {
  en: { info: 'info', minor: 'minor', major: 'major', critical: 'CRITICAL' },
  ur: { info: 'کم', minor: 'درمیانی', major: 'زیادہ', critical: 'انتہائی' },
} as const;

const levelNames: Readonly<Record<NoticeLanguage, Readonly<Record<EscalationLevel, string>>>> = {
  en: { district: 'to the district', division: 'to the division', province: 'to the province' },
  ur: { district: 'ضلع کو', division: 'ڈویژن کو', province: 'صوبے کو' },
};

const linesOfDigest = 12;
/** A reason is cut to this where there is room for one line only. */
const charactersOfReason = 80;

/** The text of one notice. Identifiers stay Latin and are isolated inside Urdu. */
export function renderNotice(occasion: NoticeOccasion, language: NoticeLanguage): NoticeText {
  const headline = headlineOf(occasion, language);
  const { facts } = occasion;
  const place = placeOf(occasion, language);
  const lines =
    language === 'en'
      ? [
          headline,
          `Place: ${place}`,
          `Severity: ${severityNames.en[occasion.severity]}`,
          `Cameras without picture: ${facts.down} of ${facts.cameras}, stations: ${facts.stations}`,
          `Since: ${stationTime(facts.openedAtMs)} (Pakistan)`,
          ...byHandLines(occasion.byHand, 'en'),
        ]
      : [
          headline,
          `مقام: ${place}`,
          `شدت: ${severityNames.ur[occasion.severity]}`,
          `بغیر تصویر کیمرے: ${facts.cameras} میں سے ${facts.down}، اسٹیشن: ${facts.stations}`,
          `کب سے: ${ltr(stationTime(facts.openedAtMs))}`,
          ...byHandLines(occasion.byHand, 'ur'),
        ];
  return {
    subject: headline,
    text: `${lines.join('\n')}\n`,
    shortText: `${headline} ${facts.down}/${facts.cameras} ${stationTime(facts.openedAtMs).slice(11)}${byHandShort(occasion.byHand, language)}`,
  };
}

/**
 * What is told of several occasions of one subject: the last, with the last reason that a person gave
 * for escalating it, unless it is over. Undefined of none.
 */
export function lastToTell(occasions: readonly NoticeOccasion[]): NoticeOccasion | undefined {
  const last = occasions.at(-1);
  if (last === undefined || last.step === 'closed') return last;
  const byHand = occasions.findLast((occasion) => occasion.byHand !== undefined)?.byHand;
  return byHand === undefined ? last : { ...last, byHand };
}

/** One text for many notices, worst first, with the number of those that it leaves out. */
export function renderDigest(
  occasions: readonly NoticeOccasion[],
  language: NoticeLanguage,
): NoticeText {
  const sorted = occasions.toSorted(
    (a, b) => severityRank(b.severity) - severityRank(a.severity) || a.atMs - b.atMs,
  );
  const closed = occasions.filter((occasion) => occasion.step === 'closed').length;
  const open = occasions.length - closed;
  const subject =
    language === 'en'
      ? `Nigehban: ${occasions.length} notices (${open} open, ${closed} over)`
      : `نگہبان: ${occasions.length} اطلاعات (${open} جاری، ${closed} ختم)`;
  const shown = sorted.slice(0, linesOfDigest);
  const rest = sorted.length - shown.length;
  const restLine = language === 'en' ? `and ${rest} more` : `اور مزید ${rest}`;
  const lines = [subject, '', ...shown.map((occasion) => `- ${lineOf(occasion, language)}`)];
  if (rest > 0) lines.push(restLine);
  const worst = shown[0] === undefined ? '' : lineOf(shown[0], language);
  return { subject, text: `${lines.join('\n')}\n`, shortText: `${subject} ${worst}` };
}

function lineOf(occasion: NoticeOccasion, language: NoticeLanguage): string {
  return `${headlineOf(occasion, language)}${byHandShort(occasion.byHand, language)}`;
}

/** Who escalated it to which level, and why. */
function byHandLines(byHand: EscalatedByHand | undefined, language: NoticeLanguage): string[] {
  if (byHand === undefined) return [];
  const level = levelNames[language][byHand.level];
  return language === 'en'
    ? [`Escalated ${level} by: ${byHand.name}`, `Reason: ${byHand.reason}`]
    : [`${level} بھیجنے والے: ${isolate(byHand.name)}`, `وجہ: ${isolate(byHand.reason)}`];
}

function byHandShort(byHand: EscalatedByHand | undefined, language: NoticeLanguage): string {
  if (byHand === undefined) return '';
  const characters = [...byHand.reason];
  const reason =
    characters.length <= charactersOfReason
      ? byHand.reason
      : `${characters.slice(0, charactersOfReason - 1).join('')}…`;
  return language === 'en'
    ? `. By ${byHand.name}: ${reason}`
    : `۔ از ${isolate(byHand.name)}: ${isolate(reason)}`;
}

function headlineOf(occasion: NoticeOccasion, language: NoticeLanguage): string {
  const { step, facts } = occasion;
  const kind = kinds[language][facts.what] ?? facts.what;
  const place = language === 'ur' ? identifier(facts.place) : facts.place;
  const comma = language === 'ur' ? '،' : ',';
  const district = language === 'ur' ? facts.districtUr || facts.district : facts.district;
  const where = district === '' || district === facts.place ? '' : `${comma} ${district}`;
  return `${steps[language][step]}: ${kind}, ${place}${where}`.replace(', ', `${comma} `);
}

function placeOf({ facts }: NoticeOccasion, language: NoticeLanguage): string {
  const name = language === 'ur' ? facts.placeNameUr || facts.placeName : facts.placeName;
  const place = language === 'ur' ? identifier(facts.place) : facts.place;
  // An uplink or feeder has one name: it is not said twice.
  return name === facts.place ? place : `${place} ${name}`.trim();
}

/** A code or name inside Urdu: those in Latin letters keep their order, an Urdu one is Urdu. */
function identifier(text: string): string {
  return /\p{Script=Arabic}/u.test(text) ? isolate(text) : ltr(text);
}

/** A left-to-right isolate (Unicode UAX #9): codes keep their order inside Urdu. */
function ltr(text: string): string {
  return `\u2066${text}\u2069`;
}

/** An isolate whose direction is that of its first letter: what a person wrote, in either language. */
function isolate(text: string): string {
  return `\u2068${text}\u2069`;
}

/** `2027-02-08 16:05` in Pakistan. */
function stationTime(atMs: number): string {
  return new Date(atMs + 5 * 3_600_000).toISOString().slice(0, 16).replace('T', ' ');
}
