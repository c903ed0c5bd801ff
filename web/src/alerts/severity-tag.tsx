import type { AlertSeverity } from '@nigehban/domain/api/alert-types.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { classNames } from '../ui/class-names.ts';
import styles from './severity-tag.module.css';

/** How grave it is, in words and colour; it says `Critical` before the colour does. */
export function SeverityTag(props: { readonly severity: AlertSeverity }) {
  const { t } = useI18n();
  return (
    <span className={classNames(styles.tag, styles[props.severity])}>
      {t(`notices.severity.${props.severity}`)}
    </span>
  );
}
