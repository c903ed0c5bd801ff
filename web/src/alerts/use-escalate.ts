import type { AlertStep, IncidentStep } from '@nigehban/domain/api/alert-types.ts';
import type { AlertView } from '@nigehban/domain/api/http-types.ts';
import { levelOfNumber } from '@nigehban/domain/manual-escalation.ts';
import type { EscalationLevel } from '@nigehban/domain/notice-occasion.ts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ConsoleFault } from '../api/console-fault.ts';
import { useFleet, useServices } from '../app/services.tsx';
import { alertApi } from './alert-api.ts';
import type { Selection } from './inbox-rows.ts';

/** What somebody else did to it meanwhile, so that it is not what was looked at. */
export interface MovedOn {
  readonly step: 'escalated' | 'closed' | 'changed';
  /** To where it was escalated. */
  readonly level: EscalationLevel;
  /** Null: by itself. */
  readonly by: string | null;
  readonly atMs: number | null;
}

interface Standing {
  readonly version: number;
  readonly level: EscalationLevel;
  readonly closed: boolean;
}

export interface Escalating {
  readonly pending: boolean;
  readonly fault: unknown;
  readonly moved: MovedOn | null;
  readonly send: (reason: string) => void;
}

/** An alert whose numbers change each second: what counts is whose it is and that it is open. */
const attempts = 4;

/**
 * Escalates what a person looks at from the level at which they saw it. Where its numbers changed
 * meanwhile it is tried again; where its level did, or it was closed, the person is told who did that.
 */
export function useEscalate(
  of: NonNullable<Selection>,
  from: EscalationLevel,
  onDone: () => void,
): Escalating {
  const { store } = useServices();
  const queries = useQueryClient();
  const { openAlerts, openIncidents } = useFleet();
  const [moved, setMoved] = useState<MovedOn | null>(null);
  const seen =
    of.kind === 'alert'
      ? standingOf(openAlerts.find((one) => one.id === of.id))
      : standingOf(openIncidents.find((one) => one.id === of.id));

  /** How it stands by the server, and what was done to it. */
  const readNow = async (): Promise<{
    readonly now: Standing;
    readonly steps: readonly (AlertStep | IncidentStep)[];
  }> => {
    if (of.kind === 'alert') {
      const { timeline, incident: _, transitions: __, ...alert } = await alertApi.detail(of.id);
      store.apply({ type: 'alert', seq: 0, alert });
      return { now: standing(alert), steps: timeline };
    }
    const { timeline, alerts: _, ...incident } = await alertApi.incident(of.id);
    store.apply({ type: 'incident', seq: 0, incident });
    return { now: standing(incident), steps: timeline };
  };

  const send = async (version: number, reason: string): Promise<void> => {
    const body = { version, reason };
    if (of.kind === 'alert') {
      store.apply({ type: 'alert', seq: 0, alert: await alertApi.escalate(of.id, body) });
    } else {
      const incident = await alertApi.escalateIncident(of.id, body);
      store.apply({ type: 'incident', seq: 0, incident });
    }
  };

  const escalate = useMutation({
    mutationFn: async (reason: string): Promise<MovedOn | null> => {
      let version = seen?.level === from && !seen.closed ? seen.version : null;
      for (let attempt = 1; attempt <= attempts; attempt++) {
        if (version !== null) {
          try {
            await send(version, reason);
            return null;
          } catch (fault) {
            const changed = fault instanceof ConsoleFault && fault.code === 'ALERT_CHANGED';
            if (!changed || attempt === attempts) throw fault;
          }
        }
        const { now, steps } = await readNow();
        if (now.closed || now.level !== from) return whoMoved(now, steps);
        version = now.version;
      }
      return null;
    },
    onSuccess: (movedOn) => {
      void queries.invalidateQueries({ queryKey: [of.kind, of.id] });
      if (movedOn === null) onDone();
      else setMoved(movedOn);
    },
  });
  return {
    pending: escalate.isPending,
    fault: escalate.error,
    moved,
    send: (reason) => escalate.mutate(reason),
  };
}

type Known = Pick<AlertView, 'version' | 'state' | 'escalationLevel'> & {
  readonly level?: EscalationLevel;
};

function standing({ version, state, escalationLevel, level }: Known): Standing {
  return { version, level: level ?? levelOfNumber(escalationLevel), closed: state === 'closed' };
}

function standingOf(known: Known | undefined): Standing | null {
  return known === undefined ? null : standing(known);
}

/** The last step that closed or escalated it. */
export function whoMoved(
  now: Pick<Standing, 'level' | 'closed'>,
  steps: readonly (AlertStep | IncidentStep)[],
): MovedOn {
  const wanted = now.closed ? ['resolved', 'closed', 'merged'] : ['escalated'];
  const last = steps.findLast(({ step }) => wanted.includes(step));
  return {
    step: now.closed ? 'closed' : last === undefined ? 'changed' : 'escalated',
    level: now.level,
    by: last?.actor ?? null,
    atMs: last?.atMs ?? null,
  };
}
