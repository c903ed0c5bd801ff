import { IntlMessageFormat } from 'intl-messageformat';
import enBase from './en.json' with { type: 'json' };
import enAdmin from './en-admin.json' with { type: 'json' };
import enAlerts from './en-alerts.json' with { type: 'json' };
import enHealth from './en-health.json' with { type: 'json' };
import enPlan from './en-plan.json' with { type: 'json' };

const en = { ...enBase, ...enPlan, ...enHealth, ...enAlerts, ...enAdmin };

export const languages = ['en', 'ur'] as const;
export type Language = (typeof languages)[number];
/** Every text of the console by its name; the English files decide which exist. */
export type MessageKey = keyof typeof en;
export type Messages = Readonly<Record<MessageKey, string>>;
export type MessageValues = Readonly<Record<string, string | number>>;

export const englishMessages: Messages = en;

/** The locale for numbers and dates: `ur-PK` writes Latin digits, as Pakistani control rooms do. */
export const localeOf: Readonly<Record<Language, string>> = { en: 'en-GB', ur: 'ur-PK' };
export const directionOf: Readonly<Record<Language, 'ltr' | 'rtl'>> = { en: 'ltr', ur: 'rtl' };

/** First-strong isolation, so that a Latin name inside Urdu (or the reverse) keeps its own order. */
const isolate = (text: string): string => `\u2068${text}\u2069`;

export interface Translator {
  readonly language: Language;
  /** The text of `key`; string values are bidi-isolated. A broken pattern shows its key. */
  readonly t: (key: MessageKey, values?: MessageValues) => string;
}

export function createTranslator(language: Language, messages: Messages): Translator {
  const compiled = new Map<MessageKey, IntlMessageFormat>();
  const t = (key: MessageKey, values?: MessageValues): string => {
    const pattern = messages[key];
    if (values === undefined && !pattern.includes('{')) return pattern;
    let format = compiled.get(key);
    if (format === undefined) {
      format = new IntlMessageFormat(pattern, localeOf[language]);
      compiled.set(key, format);
    }
    const isolated = Object.fromEntries(
      Object.entries(values ?? {}).map(([name, value]) => [
        name,
        typeof value === 'string' ? isolate(value) : value,
      ]),
    );
    return String(format.format(isolated));
  };
  return { language, t };
}

export function isMessageKey(key: string): key is MessageKey {
  return Object.hasOwn(en, key);
}
