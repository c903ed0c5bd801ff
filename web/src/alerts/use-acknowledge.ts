import type { AlertView } from '@nigehban/domain/api/http-types.ts';
import { useMutation, useMutationState } from '@tanstack/react-query';
import { useState } from 'react';
import { ConsoleFault } from '../api/console-fault.ts';
import { useServices } from '../app/services.tsx';
import {
  acknowledgeAlertAsSeen,
  acknowledgeIncidentAsSeen,
  isConflict,
  type SeenIncident,
} from './acknowledge-as-seen.ts';
import { alertApi } from './alert-api.ts';

/** What came of the last acknowledgement. */
export type AcknowledgeOutcome =
  | null
  /** `by`: who was quicker; null when it changed for another reason. */
  | {
      readonly kind: 'alert-conflict';
      readonly alertId: number;
      readonly by: string | null;
      readonly atMs: number | null;
    }
  | {
      readonly kind: 'incident';
      readonly incidentId: number;
      readonly acknowledged: number;
      /** Alerts that somebody else acknowledged first, or that changed since they were seen. */
      readonly conflicts: readonly AlertView[];
    }
  | {
      readonly kind: 'fault';
      readonly of: 'alert' | 'incident';
      readonly id: number;
      readonly fault: unknown;
    };

const mutationKeys = { alert: ['acknowledge-alert'], incident: ['acknowledge-incident'] } as const;

/** Without a link it is tried again this often, for what was seen of it. */
const retryEveryMs = 2_000;
const retries = 150;
const whileUnreachable = {
  retry: (failures: number, fault: Error) =>
    failures < retries && fault instanceof ConsoleFault && fault.code === 'SERVER_UNREACHABLE',
  retryDelay: retryEveryMs,
};

export interface Acknowledging {
  readonly outcome: AcknowledgeOutcome;
  readonly clear: () => void;
  /** Ids that are on their way or wait for the link. */
  readonly pendingAlerts: readonly number[];
  readonly pendingIncidents: readonly number[];
  readonly alert: (alert: AlertView) => void;
  readonly incident: (incident: SeenIncident) => void;
}

/** Acknowledges what a person sees, and finds out who was quicker when somebody was. */
export function useAcknowledge(): Acknowledging {
  const { store } = useServices();
  const [outcome, setOutcome] = useState<AcknowledgeOutcome>(null);
  const takeAlert = (alert: AlertView) => store.apply({ type: 'alert', seq: 0, alert });

  const oneAlert = useMutation({
    mutationKey: mutationKeys.alert,
    mutationFn: (alert: AlertView) => acknowledgeAlertAsSeen(alert),
    ...whileUnreachable,
    onSuccess: takeAlert,
    onError: async (fault, { id }) => {
      const now = isConflict(fault) ? await alertApi.detail(id).catch(() => null) : null;
      if (now === null) {
        setOutcome({ kind: 'fault', of: 'alert', id, fault });
        return;
      }
      const { timeline: _, incident: __, transitions: ___, ...alert } = now;
      takeAlert(alert);
      const [by, atMs] = [alert.acknowledgedBy, alert.acknowledgedAtMs];
      setOutcome({ kind: 'alert-conflict', alertId: id, by, atMs });
    },
  });

  const wholeIncident = useMutation({
    mutationKey: mutationKeys.incident,
    mutationFn: (seen: SeenIncident) => acknowledgeIncidentAsSeen(seen),
    ...whileUnreachable,
    onSuccess: ({ incident, acknowledged, conflicts }) => {
      store.apply({ type: 'incident', seq: 0, incident });
      for (const alert of conflicts) takeAlert(alert);
      setOutcome({
        kind: 'incident',
        incidentId: incident.id,
        acknowledged: acknowledged.length,
        conflicts,
      });
    },
    onError: async (fault, { id }) => {
      setOutcome({ kind: 'fault', of: 'incident', id, fault });
      if (!isConflict(fault)) return;
      const now = await alertApi.incident(id).catch(() => null);
      if (now === null) return;
      const { timeline: _, alerts, ...incident } = now;
      store.apply({ type: 'incident', seq: 0, incident });
      for (const alert of alerts) takeAlert(alert);
    },
  });

  const pendingAlerts = useMutationState({
    filters: { mutationKey: mutationKeys.alert, status: 'pending' },
    select: (mutation) => (mutation.state.variables as AlertView | undefined)?.id ?? 0,
  });
  const pendingIncidents = useMutationState({
    filters: { mutationKey: mutationKeys.incident, status: 'pending' },
    select: (mutation) => (mutation.state.variables as SeenIncident | undefined)?.id ?? 0,
  });

  return {
    outcome,
    clear: () => setOutcome(null),
    pendingAlerts,
    pendingIncidents,
    alert: (alert) => {
      if (alert.state !== 'open' || pendingAlerts.includes(alert.id)) return;
      setOutcome(null);
      oneAlert.mutate(alert);
    },
    incident: (incident) => {
      if (pendingIncidents.includes(incident.id)) return;
      setOutcome(null);
      wholeIncident.mutate(incident);
    },
  };
}
