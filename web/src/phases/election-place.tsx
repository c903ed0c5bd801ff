import { useQuery } from '@tanstack/react-query';
import { X } from 'lucide-react';
import { useId } from 'react';
import admin from '../admin/admin.module.css';
import { districtsQuery } from '../admin/districts.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { classNames } from '../ui/class-names.ts';
import controls from '../ui/controls.module.css';
import { useDistrictName } from './district-name.ts';
import type { ElectionDraft } from './phase-draft.ts';
import styles from './phases.module.css';

/** Name and districts of an election to set. */
export function ElectionPlace(props: {
  readonly draft: ElectionDraft;
  readonly onChange: (changes: Partial<ElectionDraft>) => void;
}) {
  const { t, pick } = useI18n();
  const whereId = useId();
  const districtName = useDistrictName();
  const { data: districts } = useQuery(districtsQuery);
  const { draft, onChange } = props;
  const { everywhere, districtCodes } = draft;
  const left = districts?.filter(({ code }) => !districtCodes.includes(code)) ?? [];
  return (
    <div className={admin.form}>
      <label className={admin.label}>
        <span>{t('phases.name')}</span>
        <input
          className={controls.field}
          name="election-name"
          dir="auto"
          maxLength={120}
          value={draft.name}
          onChange={(event) => onChange({ name: event.target.value })}
        />
      </label>
      <label className={admin.label}>
        <span>{t('phases.nameUr')}</span>
        <input
          className={controls.field}
          name="election-name-ur"
          lang="ur"
          dir="rtl"
          maxLength={120}
          value={draft.nameUr}
          onChange={(event) => onChange({ nameUr: event.target.value })}
        />
      </label>
      <div className={classNames(admin.label, admin.wide)}>
        <span id={whereId}>{t('phases.where')}</span>
        <div className={styles.where}>
          {/* biome-ignore lint/a11y/useSemanticElements: buttons in a row, one of two */}
          <div className={controls.group} role="group" aria-labelledby={whereId}>
            {[true, false].map((all) => (
              <button
                key={String(all)}
                type="button"
                aria-pressed={everywhere === all}
                onClick={() => onChange({ everywhere: all })}
              >
                {t(all ? 'phases.everywhere' : 'phases.someDistricts')}
              </button>
            ))}
          </div>
          {!everywhere && (
            <>
              {districtCodes.map((code) => (
                <button
                  key={code}
                  type="button"
                  className={styles.chip}
                  aria-label={t('phases.removeDistrict', { district: districtName(code) })}
                  onClick={() =>
                    onChange({ districtCodes: districtCodes.filter((one) => one !== code) })
                  }
                >
                  {districtName(code)}
                  <X aria-hidden="true" />
                </button>
              ))}
              <select
                className={controls.field}
                aria-label={t('phases.addDistrict')}
                value=""
                onChange={(event) =>
                  onChange({ districtCodes: [...districtCodes, event.target.value] })
                }
              >
                <option value="">{t('phases.addDistrict')}</option>
                {left.map(({ code, name, nameUr }) => (
                  <option key={code} value={code}>
                    {pick(name, nameUr)}
                  </option>
                ))}
              </select>
            </>
          )}
        </div>
      </div>
    </div>
  );
}
