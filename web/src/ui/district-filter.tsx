import type { DistrictView } from '@nigehban/domain/api/district-types.ts';
import { useId } from 'react';
import { useI18n } from '../i18n/i18n.tsx';
import controls from './controls.module.css';

type Districts = readonly Pick<DistrictView, 'code' | 'name' | 'nameUr'>[] | undefined;

/** Chooses one district of those that are known so far, or (the empty code) all of them. */
export function DistrictFilter(props: {
  readonly districts: Districts;
  readonly code: string | undefined;
  readonly onChange: (code: string) => void;
}) {
  const { t } = useI18n();
  const id = useId();
  return (
    <>
      <label className={controls.visuallyHidden} htmlFor={id}>
        {t('stations.district')}
      </label>
      <select
        id={id}
        className={controls.field}
        value={props.code ?? ''}
        onChange={(event) => props.onChange(event.target.value)}
      >
        <DistrictOptions districts={props.districts} />
      </select>
    </>
  );
}

/** All districts, and each, by name in the reader's language. */
export function DistrictOptions(props: { readonly districts: Districts }) {
  const { t, pick } = useI18n();
  return (
    <>
      <option value="">{t('stations.district.all')}</option>
      {props.districts?.map(({ code, name, nameUr }) => (
        <option key={code} value={code}>
          {pick(name, nameUr)}
        </option>
      ))}
    </>
  );
}
