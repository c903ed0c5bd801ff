import {
  createContext,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useState,
} from 'react';
import {
  createTranslator,
  directionOf,
  englishMessages,
  type Language,
  type Messages,
  type Translator,
} from './messages.ts';
import { formatDate, formatTime, isoDateOf, splitAge } from './station-time.ts';

interface I18n extends Translator {
  readonly setLanguage: (language: Language) => void;
  readonly age: (ageMs: number) => string;
  /** `16:05:30`, with the date when it is not the day of `nowMs`. */
  readonly moment: (atMs: number, nowMs: number) => string;
  /** The name in the reader's script. */
  readonly pick: (english: string, urdu: string) => string;
}

const Context = createContext<I18n | null>(null);
const storageKey = 'nigehban.language';

function readStoredLanguage(): Language {
  try {
    return localStorage.getItem(storageKey) === 'ur' ? 'ur' : 'en';
  } catch {
    return 'en';
  }
}

async function loadMessages(language: Language): Promise<Messages> {
  if (language === 'en') return englishMessages;
  const parts = await Promise.all([
    import('./ur.json'),
    import('./ur-plan.json'),
    import('./ur-health.json'),
    import('./ur-alerts.json'),
    import('./ur-admin.json'),
  ]);
  const [base, plan, health, alerts, admin] = parts;
  return {
    ...base.default,
    ...plan.default,
    ...health.default,
    ...alerts.default,
    ...admin.default,
  };
}

/** Gives the language to everything below, and to the document: `lang`, `dir`. */
export function I18nProvider(props: { readonly children: ReactNode }) {
  const [translator, setTranslator] = useState<Translator | null>(null);

  const load = useCallback((language: Language) => {
    void loadMessages(language).then((messages) => {
      document.documentElement.lang = language;
      document.documentElement.dir = directionOf[language];
      setTranslator(createTranslator(language, messages));
    });
  }, []);

  useEffect(() => load(readStoredLanguage()), [load]);

  const value = useMemo<I18n | null>(() => {
    if (translator === null) return null;
    const { t, language } = translator;
    return {
      ...translator,
      setLanguage: (next) => {
        try {
          localStorage.setItem(storageKey, next);
        } catch {
          // A browser without storage forgets the choice; the page still changes.
        }
        load(next);
      },
      age: (ageMs) => {
        const { key, values } = splitAge(ageMs);
        return t(key, values);
      },
      moment: (atMs, nowMs) =>
        isoDateOf(atMs) === isoDateOf(nowMs)
          ? formatTime(atMs)
          : `${formatDate(atMs, language)} ${formatTime(atMs)}`,
      pick: (english, urdu) => (language === 'ur' && urdu !== '' ? urdu : english),
    };
  }, [translator, load]);

  if (value === null) return null;
  return <Context value={value}>{props.children}</Context>;
}

export function useI18n(): I18n {
  const value = useContext(Context);
  if (value === null) throw new Error('useI18n outside I18nProvider');
  return value;
}

/** An identifier: always left to right, never broken apart by the text around it. */
export function Code(props: {
  readonly children: ReactNode;
  readonly className?: string | undefined;
}) {
  return (
    <bdi dir="ltr" className={props.className}>
      {props.children}
    </bdi>
  );
}
