import type { QuarantineView } from '@nigehban/domain/api/discovery-types.ts';
import type { CameraView } from '@nigehban/domain/api/http-types.ts';
import { useMutation } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useFleet } from '../app/services.tsx';
import { placementName } from '../camera/camera-names.ts';
import { Code, useI18n } from '../i18n/i18n.tsx';
import { buildFleetIndex, searchFleet } from '../palette/fleet-search.ts';
import { classNames } from '../ui/class-names.ts';
import controls from '../ui/controls.module.css';
import { Dialog } from '../ui/dialog.tsx';
import { FaultNotice } from '../ui/notice.tsx';
import list from '../ui/search-list.module.css';
import { SearchList } from '../ui/search-list.tsx';
import { discoveryApi } from './discovery-api.ts';
import styles from './discovery-page.module.css';

const mostFound = 40;

/** Finds the planned camera that a device is, those first that it may be, and puts it there. */
export function BindDialog(props: {
  readonly device: QuarantineView;
  readonly onBound: (devices: readonly QuarantineView[]) => void;
  readonly onClose: () => void;
}) {
  const { t, pick } = useI18n();
  const { device } = props;
  const { cameras, stations } = useFleet();
  const [text, setText] = useState('');
  const [chosen, setChosen] = useState<CameraView | null>(null);
  const byStation = useMemo(() => new Map(stations.map((one) => [one.code, one])), [stations]);
  const index = useMemo(
    () => buildFleetIndex(stations, cameras, (camera) => placementName(camera, t)),
    [stations, cameras, t],
  );
  const options = useMemo(() => {
    if (text.trim() === '') {
      const candidates = cameras.filter((camera) => device.candidates.includes(camera.code));
      const open = cameras.filter(
        (camera) => !camera.registered && !device.candidates.includes(camera.code),
      );
      return [...candidates, ...open].slice(0, mostFound);
    }
    const found: CameraView[] = [];
    for (const finding of searchFleet(index, text, cameras.length)) {
      if (finding.kind === 'camera') found.push(finding.camera);
      if (found.length >= mostFound) break;
    }
    return found;
  }, [text, cameras, device.candidates, index]);
  const bind = useMutation({
    mutationFn: (camera: CameraView) => discoveryApi.bind(device.id, camera.code),
    onSuccess: props.onBound,
  });
  const nameOf = (camera: CameraView): string => {
    const station = byStation.get(camera.stationCode);
    return station === undefined ? camera.stationCode : pick(station.name, station.nameUr);
  };
  return (
    <Dialog title={t('quarantine.bind.title')} onClose={props.onClose}>
      {chosen === null ? (
        <SearchList
          label={t('quarantine.bind.search')}
          text={text}
          onText={setText}
          options={options.map((camera) => ({
            key: String(camera.id),
            content: (
              <>
                <span aria-hidden="true" />
                <span className={list.optionText}>
                  <span className={list.optionTitle}>
                    {placementName(camera, t)} · {nameOf(camera)}
                  </span>
                  <Code className={list.optionHint}>{camera.code}</Code>
                </span>
                <span className={styles.muted}>
                  {device.candidates.includes(camera.code)
                    ? '★'
                    : camera.registered
                      ? t('quarantine.bind.registered')
                      : ''}
                </span>
              </>
            ),
          }))}
          onChoose={(key) => setChosen(cameras.find((camera) => String(camera.id) === key) ?? null)}
          empty={t('quarantine.bind.none')}
        />
      ) : (
        <div className={styles.dialog}>
          <p className={styles.identity}>
            <Code>{device.address}</Code>
            <Code>{device.identity?.serial ?? ''}</Code>
          </p>
          <p>
            <strong>
              {placementName(chosen, t)} · {nameOf(chosen)}
            </strong>
            <br />
            <Code className={styles.muted}>{chosen.code}</Code>
          </p>
          {chosen.registered && <p className={styles.wrong}>{t('quarantine.bind.there')}</p>}
          {bind.isError && <FaultNotice fault={bind.error} />}
          <div className={styles.actions}>
            <button type="button" className={controls.button} onClick={() => setChosen(null)}>
              {t('camera.cancel')}
            </button>
            <button
              type="button"
              className={classNames(controls.button, controls.primary)}
              aria-disabled={bind.isPending}
              onClick={() => {
                if (!bind.isPending) bind.mutate(chosen);
              }}
              data-testid="bind-confirm"
            >
              {t('quarantine.bind.confirm')}
            </button>
          </div>
        </div>
      )}
    </Dialog>
  );
}
