import type { IncidentView } from '@nigehban/domain/api/alert-types.ts';
import { useCallback } from 'react';
import { useI18n } from '../i18n/i18n.tsx';

/** `Power feeder F-12` in the reader's language. */
export function useIncidentTitle(): (
  incident: Pick<IncidentView, 'cause' | 'causeName' | 'causeNameUr'>,
) => string {
  const { t, pick } = useI18n();
  return useCallback(
    ({ cause, causeName, causeNameUr }) =>
      t(`incidents.title.${cause.kind}`, {
        name: pick(causeName, causeNameUr) || cause.key,
      }),
    [t, pick],
  );
}
