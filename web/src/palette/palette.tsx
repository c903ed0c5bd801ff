import { useNavigate } from '@tanstack/react-router';
import { useDeferredValue, useMemo, useState } from 'react';
import { useFleet } from '../app/services.tsx';
import { placementName } from '../camera/camera-names.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { SearchList } from '../ui/search-list.tsx';
import { FindingRow } from './finding-row.tsx';
import { buildFleetIndex, searchFleet } from './fleet-search.ts';

const shownFindings = 30;

/** Ctrl+K: from a few letters to a camera, a polling station or a district's stations. */
export function Palette(props: { readonly onClose: () => void }) {
  const { t } = useI18n();
  const navigate = useNavigate();
  const { stations, cameras } = useFleet();
  const [text, setText] = useState('');
  const query = useDeferredValue(text);
  const index = useMemo(
    () => buildFleetIndex(stations, cameras, (camera) => placementName(camera, t)),
    [stations, cameras, t],
  );
  const findings = useMemo(() => searchFleet(index, query, shownFindings), [index, query]);

  const choose = (key: string): void => {
    const finding = findings.find((candidate) => candidate.key === key);
    if (finding === undefined) return;
    props.onClose();
    if (finding.kind === 'camera') {
      void navigate({ to: '/cameras/$id', params: { id: String(finding.camera.id) } });
    } else if (finding.kind === 'station') {
      void navigate({ to: '/stations/$code', params: { code: finding.station.code } });
    } else {
      void navigate({ to: '/stations', search: { district: finding.code } });
    }
  };

  return (
    <Dialog title={t('palette.title')} onClose={props.onClose}>
      <SearchList
        label={t('palette.search')}
        text={text}
        onText={setText}
        options={findings.map((finding) => ({
          key: finding.key,
          content: <FindingRow finding={finding} />,
        }))}
        onChoose={choose}
        empty={t('palette.none', { text })}
      />
    </Dialog>
  );
}
