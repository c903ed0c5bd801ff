import type { ExpectedDarkBody, ExpectedDarkView } from '@nigehban/domain/api/alert-types.ts';
import {
  type ExpectedDarkKind,
  type ExpectedDarkScope,
  expectedDarkScopes,
} from '@nigehban/domain/expected-dark.ts';
import { localOfMs, msOfLocal } from '../admin/recipient-draft.ts';

/** The form of an announcement as it is typed; times are local: `2024-02-08T16:05`. */
export interface DarkDraft {
  readonly kind: ExpectedDarkKind;
  readonly scopeKind: ExpectedDarkScope['kind'];
  readonly key: string;
  readonly from: string;
  readonly to: string;
  readonly reason: string;
}

/** The server refuses longer ones. */
const longestMs = 31 * 86_400_000;
const hourMs = 3_600_000;
const minuteMs = 60_000;

/** From this minute for an hour, of what is named. */
export function newDraft(nowMs: number, scope: ExpectedDarkScope | null): DarkDraft {
  const fromMs = Math.floor(nowMs / minuteMs) * minuteMs;
  return {
    kind: 'load-shedding',
    scopeKind: scope?.kind ?? 'district',
    key: scope?.key ?? '',
    from: localOfMs(fromMs),
    to: localOfMs(fromMs + hourMs),
    reason: '',
  };
}

export function draftOf(view: ExpectedDarkView): DarkDraft {
  return {
    kind: view.kind,
    scopeKind: view.scope.kind,
    key: view.scope.key,
    from: localOfMs(view.startsAtMs),
    to: localOfMs(view.endsAtMs),
    reason: view.reason,
  };
}

export const darkProblems = ['scope', 'time', 'order', 'length', 'reason'] as const;
export type DarkProblem = (typeof darkProblems)[number];

export function problemsOf(draft: DarkDraft): readonly DarkProblem[] {
  const [fromMs, toMs] = [msOfLocal(draft.from), msOfLocal(draft.to)];
  const problems: DarkProblem[] = [];
  if (draft.scopeKind !== 'province' && draft.key.trim() === '') problems.push('scope');
  if (fromMs === null || toMs === null) problems.push('time');
  else if (toMs <= fromMs) problems.push('order');
  else if (toMs - fromMs > longestMs) problems.push('length');
  if (draft.reason.trim() === '') problems.push('reason');
  return problems;
}

/** What is sent; null while something is wrong. */
export function bodyOf(draft: DarkDraft): ExpectedDarkBody | null {
  const [startsAtMs, endsAtMs] = [msOfLocal(draft.from), msOfLocal(draft.to)];
  if (problemsOf(draft).length > 0 || startsAtMs === null || endsAtMs === null) return null;
  const key = draft.scopeKind === 'province' ? '' : draft.key.trim();
  const { kind, scopeKind } = draft;
  return {
    kind,
    scope: { kind: scopeKind, key },
    startsAtMs,
    endsAtMs,
    reason: draft.reason.trim(),
  };
}

export type DarkState = 'cancelled' | 'over' | 'in-force' | 'ahead';

export function stateOf(view: ExpectedDarkView, nowMs: number): DarkState {
  if (view.cancelledAtMs !== null) return 'cancelled';
  if (view.endsAtMs <= nowMs) return 'over';
  return view.startsAtMs <= nowMs ? 'in-force' : 'ahead';
}

export interface DarkSearch {
  /** Also what is over or cancelled. */
  readonly all?: true;
  /** What a new announcement is about. */
  readonly scope?: ExpectedDarkScope['kind'];
  readonly key?: string;
}

export function parseDarkSearch(search: Record<string, unknown>): DarkSearch {
  const scope = expectedDarkScopes.find((one) => one === search.scope);
  return {
    ...(String(search.all) === 'true' ? { all: true } : {}),
    ...(scope === undefined ? {} : { scope, key: String(search.key ?? '') }),
  };
}
