import type { CameraView } from '@nigehban/domain/api/http-types.ts';
import { type Placement, placements } from '@nigehban/domain/camera.ts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useId, useState } from 'react';
import { useFleet } from '../app/services.tsx';
import { Code, useI18n } from '../i18n/i18n.tsx';
import { classNames } from '../ui/class-names.ts';
import controls from '../ui/controls.module.css';
import { Dialog } from '../ui/dialog.tsx';
import { FaultNotice } from '../ui/notice.tsx';
import styles from './camera-dialog.module.css';
import { toolApi } from './tool-api.ts';

export type AssignmentStep = 'transfer' | 'replace' | 'retire';

/** Moves a camera, puts a spare in its place, or takes it out of service; always with a reason. */
export function AssignmentDialog(props: {
  readonly step: AssignmentStep;
  readonly camera: CameraView;
  readonly onClose: () => void;
}) {
  const { t, pick } = useI18n();
  const { step, camera } = props;
  const { stations } = useFleet();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const listId = useId();
  const [stationCode, setStationCode] = useState('');
  const [placement, setPlacement] = useState<Placement>(camera.placement);
  const [booth, setBooth] = useState(camera.booth === null ? '' : String(camera.booth));
  const [becomes, setBecomes] = useState<'spare' | 'retired'>('spare');
  const [replacementId, setReplacementId] = useState('');
  const [reason, setReason] = useState('');
  const spares = useQuery({
    queryKey: ['assets', 'spare'],
    queryFn: toolApi.spares,
    enabled: step === 'replace',
  });
  const station = stations.find((one) => one.code === stationCode.trim());
  const boothNumber = placement === 'BOOTH' && booth !== '' ? Number(booth) : null;
  const ready =
    reason.trim() !== '' &&
    (step !== 'transfer' || (station !== undefined && (placement !== 'BOOTH' || booth !== ''))) &&
    (step !== 'replace' || replacementId !== '');

  const change = useMutation({
    mutationFn: async (): Promise<void> => {
      switch (step) {
        case 'transfer':
          await toolApi.transfer(camera.id, {
            stationCode: stationCode.trim(),
            placement,
            booth: boothNumber,
            reason: reason.trim(),
          });
          return;
        case 'replace':
          await toolApi.replace(camera.id, {
            replacementId: Number(replacementId),
            replacedBecomes: becomes,
            reason: reason.trim(),
          });
          return;
        case 'retire':
          await toolApi.retire(camera.id, { becomes, reason: reason.trim() });
      }
    },
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: ['camera', camera.id] });
      props.onClose();
      // A camera that serves nowhere has no page; its successor or its station has.
      if (step === 'replace') {
        await navigate({ to: '/cameras/$id', params: { id: replacementId } });
      } else if (step === 'retire') {
        await navigate({ to: '/stations/$code', params: { code: camera.stationCode } });
      }
    },
  });

  return (
    <Dialog title={t(`assignment.${step}.title`)} onClose={props.onClose}>
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          if (ready && !change.isPending) change.mutate();
        }}
      >
        <Code className={styles.code}>{camera.code}</Code>
        <p className={styles.prose}>{t(`assignment.${step}.text`)}</p>
        {step === 'transfer' && (
          <>
            <label>
              {t('assignment.station')}
              <input
                className={controls.field}
                list={listId}
                value={stationCode}
                dir="ltr"
                spellCheck={false}
                onChange={({ target }) => setStationCode(target.value)}
                data-first-focus
                data-testid="transfer-station"
              />
              <datalist id={listId}>
                {stationCode.length >= 3 &&
                  stations
                    .filter((one) => one.code.includes(stationCode.toUpperCase()))
                    .slice(0, 20)
                    .map((one) => (
                      <option key={one.code} value={one.code}>
                        {pick(one.name, one.nameUr)}
                      </option>
                    ))}
              </datalist>
              {station !== undefined && (
                <span className={styles.muted}>{pick(station.name, station.nameUr)}</span>
              )}
            </label>
            <label>
              {t('assignment.placement')}
              <select
                className={controls.field}
                value={placement}
                onChange={({ target }) => setPlacement(target.value as Placement)}
              >
                {placements.map((one) => (
                  <option key={one} value={one}>
                    {t(`placement.${one}`)}
                  </option>
                ))}
              </select>
            </label>
            {placement === 'BOOTH' && (
              <label>
                {t('assignment.booth')}
                <input
                  className={controls.field}
                  type="number"
                  min={1}
                  max={99}
                  value={booth}
                  onChange={({ target }) => setBooth(target.value)}
                />
              </label>
            )}
          </>
        )}
        {step === 'replace' && (
          <label>
            {t('assignment.replacement')}
            <select
              className={controls.field}
              value={replacementId}
              onChange={({ target }) => setReplacementId(target.value)}
              data-first-focus
              data-testid="replace-spare"
            >
              <option value="">
                {spares.data?.length === 0 ? t('assignment.noSpares') : t('assignment.choose')}
              </option>
              {spares.data?.map((spare) => (
                <option key={spare.id} value={spare.id}>
                  {[spare.code, spare.model, spare.serial].filter(Boolean).join(' · ')}
                </option>
              ))}
            </select>
          </label>
        )}
        {step !== 'transfer' && (
          <label>
            {t('assignment.becomes')}
            <select
              className={controls.field}
              value={becomes}
              onChange={({ target }) =>
                setBecomes(target.value === 'retired' ? 'retired' : 'spare')
              }
            >
              <option value="spare">{t('assignment.becomes.spare')}</option>
              <option value="retired">{t('assignment.becomes.retired')}</option>
            </select>
          </label>
        )}
        <label>
          {t('assignment.reason')}
          <input
            className={controls.field}
            value={reason}
            maxLength={500}
            dir="auto"
            onChange={({ target }) => setReason(target.value)}
            data-testid="assignment-reason"
          />
        </label>
        {change.isError && <FaultNotice fault={change.error} />}
        <div className={styles.formActions}>
          <button
            type="submit"
            className={classNames(
              controls.button,
              step === 'retire' ? styles.danger : controls.primary,
            )}
            disabled={!ready}
            data-testid="assignment-confirm"
          >
            {t(`assignment.${step}`)}
          </button>
          <button type="button" className={controls.button} onClick={props.onClose}>
            {t('camera.cancel')}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
