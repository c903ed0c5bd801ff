import type { StationDetail } from '@nigehban/domain/api/http-types.ts';
import { supplyKinds } from '@nigehban/domain/station-supply.ts';
import { Pencil } from 'lucide-react';
import { useCan } from '../app/session.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { classNames } from '../ui/class-names.ts';
import controls from '../ui/controls.module.css';
import styles from './supply-facts.module.css';

/** What a station hangs on, among its facts (in a `dl`); who loads plans may change it. */
export function SupplyFacts(props: {
  readonly detail: Pick<StationDetail, 'uplink' | 'feeder'>;
  readonly onChange: () => void;
}) {
  const { t } = useI18n();
  const mayChange = useCan('plan.import');
  const { detail } = props;
  return (
    <>
      {supplyKinds.map((kind, index) => (
        <div key={kind} data-testid={`station-${kind}`}>
          <dt>{t(`supply.${kind}`)}</dt>
          <dd className={styles.value} data-known={detail[kind] !== null}>
            <bdi>{detail[kind] ?? t('supply.unknown')}</bdi>
            {mayChange && index === supplyKinds.length - 1 && (
              <button
                type="button"
                className={classNames(controls.button, controls.quiet, controls.icon, styles.edit)}
                aria-label={t('supply.change')}
                title={t('supply.change')}
                data-testid="supply-change"
                onClick={props.onChange}
              >
                <Pencil aria-hidden="true" />
              </button>
            )}
          </dd>
        </div>
      ))}
    </>
  );
}
