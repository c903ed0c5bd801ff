import { useCallback, useEffect, useMemo, useState } from 'react';
import { useFleet, useServices } from '../app/services.tsx';
import { emptyInbox, type Inbox, ofDistrict, sortInside, takeAll, updateInbox } from './inbox.ts';

export interface InboxControl {
  readonly inbox: Inbox;
  readonly unfolded: ReadonlySet<number>;
  /** Lets in what waits. */
  readonly takeNew: () => void;
  /** Shows or hides the alerts of an incident. */
  readonly fold: (incidentId: number, unfolded: boolean) => void;
}

/** The open alerts as rows that hold still. For another district it is to be mounted anew. */
export function useInbox(districtCode: string | null): InboxControl {
  const { openAlerts, openIncidents } = useFleet();
  const { clock } = useServices();
  const [inbox, setInbox] = useState<Inbox>(emptyInbox);
  const [unfolded, setUnfolded] = useState<ReadonlySet<number>>(new Set());
  const open = useMemo(
    () => ofDistrict({ alerts: openAlerts, incidents: openIncidents }, districtCode),
    [openAlerts, openIncidents, districtCode],
  );
  useEffect(() => {
    setInbox((former) => updateInbox(former, open, unfolded, clock.nowMs()));
  }, [open, unfolded, clock]);
  const takeNew = useCallback(() => setInbox(takeAll(open)), [open]);
  const fold = useCallback((incidentId: number, isUnfolded: boolean) => {
    if (isUnfolded) setInbox((former) => sortInside(former, incidentId));
    setUnfolded((former) => {
      const next = new Set(former);
      if (isUnfolded) next.add(incidentId);
      else next.delete(incidentId);
      return next;
    });
  }, []);
  return { inbox, unfolded, takeNew, fold };
}
