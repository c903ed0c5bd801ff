import type { ExpectedDarkScope } from '@nigehban/domain/expected-dark.ts';
import { useQuery } from '@tanstack/react-query';
import { useId, useMemo } from 'react';
import admin from '../admin/admin.module.css';
import { districtsQuery } from '../admin/districts.ts';
import { useFleet } from '../app/services.tsx';
import { useI18n } from '../i18n/i18n.tsx';
import { suppliesQuery } from '../stations/supply-api.ts';
import { classNames } from '../ui/class-names.ts';
import controls from '../ui/controls.module.css';

const offered = 40;

/** Names the stations that go dark: a district from the list, a station found by typing, or a name. */
export function ScopePicker(props: {
  readonly kind: ExpectedDarkScope['kind'];
  readonly value: string;
  readonly onChange: (key: string) => void;
}) {
  const { t, pick } = useI18n();
  const { kind, value, onChange } = props;
  const { data: districts } = useQuery(districtsQuery);
  if (kind === 'province') return null;
  if (kind === 'district') {
    return (
      <label className={classNames(admin.label, admin.wide)}>
        <span>{t('expected.scope.district')}</span>
        <select
          className={controls.field}
          value={value}
          onChange={(event) => onChange(event.target.value)}
        >
          <option value="">{t('expected.choose')}</option>
          {districts?.map(({ code, name, nameUr }) => (
            <option key={code} value={code}>
              {pick(name, nameUr)}
            </option>
          ))}
        </select>
      </label>
    );
  }
  return <NamePicker kind={kind} value={value} onChange={onChange} />;
}

function NamePicker(props: {
  readonly kind: Exclude<ExpectedDarkScope['kind'], 'province' | 'district'>;
  readonly value: string;
  readonly onChange: (key: string) => void;
}) {
  const { t, pick } = useI18n();
  const { stations, openIncidents } = useFleet();
  const listId = useId();
  const { kind, value } = props;
  const { data: supplies } = useQuery(suppliesQuery);
  const options = useMemo(() => {
    if (kind === 'uplink' || kind === 'feeder') {
      return (kind === 'uplink' ? supplies?.uplinks : supplies?.feeders)?.map((one) => ({
        key: one.name,
        name: t('supply.stations', { count: one.stations }),
      }));
    }
    if (kind !== 'station') {
      return openIncidents
        .filter((incident) => incident.cause.kind === kind)
        .map(({ cause, causeName, causeNameUr }) => ({
          key: cause.key,
          name: pick(causeName, causeNameUr),
        }));
    }
    const text = value.trim().toLowerCase();
    const found: { key: string; name: string }[] = [];
    for (const station of stations) {
      if (found.length === offered) break;
      const words = `${station.code} ${station.name} ${station.nameUr}`.toLowerCase();
      if (words.includes(text)) {
        found.push({ key: station.code, name: pick(station.name, station.nameUr) });
      }
    }
    return found;
  }, [kind, value, stations, openIncidents, supplies, pick, t]);
  const chosen = options?.find((option) => option.key === value);
  return (
    <label className={classNames(admin.label, admin.wide)}>
      <span>{t(`expected.scope.${kind}`)}</span>
      <input
        className={controls.field}
        list={listId}
        dir="auto"
        autoComplete="off"
        maxLength={120}
        value={value}
        onChange={(event) => props.onChange(event.target.value)}
      />
      <datalist id={listId}>
        {options?.map((option) => (
          <option key={option.key} value={option.key}>
            {option.name}
          </option>
        ))}
      </datalist>
      <span>{chosen === undefined ? t(`expected.hint.${kind}`) : chosen.name}</span>
    </label>
  );
}
