import { useCallback, useEffect, useState } from 'react';
import { useFleet } from '../app/services.tsx';
import { emptyInbox, type Inbox, takeAll, updateInbox } from './inbox.ts';

/** The open alerts as rows that hold still; `takeNew` lets in those that wait. */
export function useInbox(): { readonly inbox: Inbox; readonly takeNew: () => void } {
  const { openAlerts, asOfMs } = useFleet();
  const [inbox, setInbox] = useState<Inbox>(emptyInbox);
  useEffect(() => {
    setInbox((former) =>
      updateInbox(former, openAlerts, (row) =>
        row.state === 'closed'
          ? row
          : { ...row, state: 'closed', closedAtMs: row.closedAtMs ?? asOfMs },
      ),
    );
  }, [openAlerts, asOfMs]);
  const takeNew = useCallback(() => setInbox(takeAll(openAlerts)), [openAlerts]);
  return { inbox, takeNew };
}
