import type { StationDetail } from '@nigehban/domain/api/http-types.ts';
import type { SupplyView } from '@nigehban/domain/api/supply-types.ts';
import {
  findSpelling,
  longestSupplyName,
  normalizeSupplyName,
  type SupplyKind,
} from '@nigehban/domain/station-supply.ts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useId, useState } from 'react';
import { Code, useI18n } from '../i18n/i18n.tsx';
import { classNames } from '../ui/class-names.ts';
import controls from '../ui/controls.module.css';
import { Dialog } from '../ui/dialog.tsx';
import { FaultNotice } from '../ui/notice.tsx';
import { saveStationSupply, suppliesQuery } from './supply-api.ts';
import styles from './supply-form.module.css';

/** Empty is not known; a placeholder is refused before the server does. */
const isPlaceholder = (text: string): boolean =>
  text.trim() !== '' && normalizeSupplyName(text) === '';

/** Names the uplink and the power feeder of a station, out of those that others have. */
export function SupplyForm(props: {
  readonly station: Pick<StationDetail, 'code' | 'uplink' | 'feeder'>;
  readonly onClose: () => void;
}) {
  const { t } = useI18n();
  const { station, onClose } = props;
  const queries = useQueryClient();
  const known = useQuery(suppliesQuery);
  const [uplink, setUplink] = useState(station.uplink ?? '');
  const [feeder, setFeeder] = useState(station.feeder ?? '');
  const save = useMutation({
    mutationFn: () =>
      saveStationSupply(station.code, {
        uplink: normalizeSupplyName(uplink) || null,
        feeder: normalizeSupplyName(feeder) || null,
      }),
    onSuccess: async () => {
      onClose();
      await Promise.all([
        queries.invalidateQueries({ queryKey: ['station', station.code] }),
        queries.invalidateQueries({ queryKey: suppliesQuery.queryKey }),
      ]);
    },
  });
  const wrong = isPlaceholder(uplink) || isPlaceholder(feeder);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (!wrong && !save.isPending) save.mutate();
  };
  return (
    <Dialog title={t('supply.change')} onClose={onClose}>
      <form className={styles.form} onSubmit={submit} noValidate data-testid="supply-form">
        <Code className={styles.code}>{station.code}</Code>
        <p className={styles.prose}>{t('supply.text')}</p>
        <SupplyField
          kind="uplink"
          known={known.data?.uplinks ?? []}
          value={uplink}
          onChange={setUplink}
        />
        <SupplyField
          kind="feeder"
          known={known.data?.feeders ?? []}
          value={feeder}
          onChange={setFeeder}
        />
        {save.isError && <FaultNotice fault={save.error} />}
        <div className={styles.actions}>
          <button
            type="submit"
            className={classNames(controls.button, controls.primary)}
            disabled={wrong || save.isPending}
            data-testid="supply-save"
          >
            {t('supply.save')}
          </button>
          <button type="button" className={controls.button} onClick={onClose}>
            {t('supply.cancel')}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function SupplyField(props: {
  readonly kind: SupplyKind;
  readonly known: readonly SupplyView[];
  readonly value: string;
  readonly onChange: (value: string) => void;
}) {
  const { t } = useI18n();
  const { kind, known, value, onChange } = props;
  const [listId, hintId] = [useId(), useId()];
  const name = normalizeSupplyName(value);
  const found = known.find((one) => one.name === name);
  const likely = findSpelling(
    name,
    known.map((one) => one.name),
  );
  return (
    <div className={styles.field}>
      <label>
        <span>{t(`supply.${kind}`)}</span>
        <input
          className={controls.field}
          data-first-focus={kind === 'uplink' ? true : undefined}
          data-testid={`supply-${kind}`}
          list={listId}
          aria-describedby={hintId}
          aria-invalid={isPlaceholder(value)}
          dir="auto"
          autoComplete="off"
          spellCheck={false}
          maxLength={longestSupplyName}
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      </label>
      <datalist id={listId}>
        {known.map((one) => (
          <option key={one.name} value={one.name}>
            {t('supply.stations', { count: one.stations })}
          </option>
        ))}
      </datalist>
      <p id={hintId} className={styles.hint} role="status">
        {isPlaceholder(value)
          ? t('supply.placeholder')
          : likely !== null
            ? t('supply.spelling', { name: likely })
            : name === ''
              ? t('supply.unknown')
              : found === undefined
                ? t('supply.first')
                : t('supply.stations', { count: found.stations })}
      </p>
      {likely !== null && (
        <button type="button" className={controls.button} onClick={() => onChange(likely)}>
          {t('supply.spelling.take', { name: likely })}
        </button>
      )}
    </div>
  );
}
