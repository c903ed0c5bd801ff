import type { CameraId } from '@nigehban/domain/camera.ts';
import { useDeferredValue, useMemo, useState } from 'react';
import { useFleet } from '../app/services.tsx';
import { placementName } from '../camera/camera-names.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { FindingRow } from '../palette/finding-row.tsx';
import { buildFleetIndex, searchFleet } from '../palette/fleet-search.ts';
import { Dialog } from '../ui/dialog.tsx';
import { SearchList } from '../ui/search-list.tsx';

const shownCameras = 60;

/** Chooses the camera of a tile. */
export function CameraPicker(props: {
  readonly onClose: () => void;
  readonly onChoose: (camera: CameraId) => void;
}) {
  const { t } = useI18n();
  const { stations, cameras } = useFleet();
  const [text, setText] = useState('');
  const query = useDeferredValue(text);
  const index = useMemo(
    () =>
      buildFleetIndex(stations, cameras, (camera) => placementName(camera, t)).filter(
        (entry) => entry.finding.kind === 'camera',
      ),
    [stations, cameras, t],
  );
  const findings = useMemo(() => searchFleet(index, query, shownCameras), [index, query]);
  return (
    <Dialog title={t('picker.title')} onClose={props.onClose}>
      <SearchList
        label={t('picker.search')}
        text={text}
        onText={setText}
        options={findings.map((finding) => ({
          key: finding.key,
          content: <FindingRow finding={finding} />,
        }))}
        onChoose={(key) => {
          const finding = findings.find((candidate) => candidate.key === key);
          if (finding?.kind === 'camera') props.onChoose(finding.camera.id);
        }}
        empty={t('picker.none')}
      />
    </Dialog>
  );
}
