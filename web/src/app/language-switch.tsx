import { useI18n } from '../i18n/i18n.tsx';
import type { Language } from '../i18n/messages.ts';
import { classNames } from '../ui/class-names.ts';
import controls from '../ui/controls.module.css';
import styles from './shell.module.css';

const names: Readonly<Record<Language, string>> = { en: 'English', ur: 'اردو' };

/** Names the other language in its own script; one press changes the page. */
export function LanguageSwitch() {
  const { language, setLanguage } = useI18n();
  const other: Language = language === 'en' ? 'ur' : 'en';
  return (
    <button
      type="button"
      className={classNames(controls.button, controls.quiet, styles.language)}
      lang={other}
      dir={other === 'ur' ? 'rtl' : 'ltr'}
      data-testid="language-switch"
      data-language={language}
      onClick={() => setLanguage(other)}
    >
      {names[other]}
    </button>
  );
}
