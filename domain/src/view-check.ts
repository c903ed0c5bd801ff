import type { ViewVerdict } from './watch-orders.ts';

/** What was measured on one picture of a camera. Shares are 0 to 1, lightness 0 to 255. */
export interface ViewMeasures {
  /** Equal for pictures that are the same to the last sample. */
  readonly pictureHash: string;
  readonly lightnessMean: number;
  /** Lightness that 95% of the picture stay below. */
  readonly lightnessHigh: number;
  /** Share of the picture that is burnt out. */
  readonly saturatedShare: number;
  /** Null without an approved reference picture. */
  readonly against: ViewComparison | null;
}

/** A picture compared with the approved one. */
export interface ViewComparison {
  /** Share of the reference's edges that are found where they were. */
  readonly match: number;
  /** Share of the view's parts that stand where they stood: people hide some, a cover hides all. */
  readonly anchoredShare: number;
  /** The same share of edges for the best of the shifted, turned and zoomed views. */
  readonly shiftedMatch: number;
  /** That view in words: `12% to the left`. */
  readonly shift: string;
  /** Finely drawn parts of the picture, related to the reference's. */
  readonly detailRatio: number;
  /** Steepness of the picture's edges, related to the reference's; null when it has too few. */
  readonly sharpnessRatio: number | null;
  /** Correlation of light and dark areas with the reference's, -1 to 1. */
  readonly likeness: number;
  /** Share of the last picture's edges that are found again; null when it was not asked. */
  readonly steadiness: number | null;
}

/** What one picture alone says; UNSURE counts neither for nor against. */
export type ViewVote = ViewVerdict | 'UNSURE';

export interface ViewPolicy {
  /** Pictures out of `outOf` that must agree before the view counts as disturbed. */
  readonly raiseAfter: number;
  readonly outOf: number;
  /** The first of them must be this old: a person in front of the lens goes away again. */
  readonly raiseAfterMs: number;
  /** Good pictures in a row before it counts as well; doubled with each disturbance of the last hour. */
  readonly clearAfter: number;
  readonly maxClearAfter: number;
  /** The same picture for this long, and this many times, is frozen. */
  readonly frozenAfterMs: number;
  readonly frozenAfter: number;
  /** Glare or a crowd may hide the view for this long, then it counts as disturbed. */
  readonly hiddenAfterMs: number;
  /** Pictures older than this have no say. */
  readonly forgetAfterMs: number;
  readonly limits: ViewLimits;
}

/** Where one picture stops being the approved view; tuned by `npm run bench:tamper`. */
export interface ViewLimits {
  readonly darkMean: number;
  readonly darkHigh: number;
  readonly glareShare: number;
  /** From this share of standing parts on the view is there, below the other nothing of it is. */
  readonly anchoredHeld: number;
  readonly anchoredLost: number;
  /** Another place of the view must match this well, and by so much better than the approved one. */
  readonly shiftedMatch: number;
  readonly shiftedGain: number;
  /** The same where parts stand: long level lines look the same when they are shifted along. */
  readonly heldShiftedGain: number;
  /** Another view stands still, a crowd does not. */
  readonly steady: number;
  /** Below this share of the reference's detail nothing is seen any more. */
  readonly detailLost: number;
  readonly blurredSharpness: number;
  /** What an unsharp picture must still have of the view to be blurred rather than covered. */
  readonly blurredAnchored: number;
  readonly blurredMatch: number;
  readonly blurredLikeness: number;
  /** The same for a picture without any detail. */
  readonly plainLikeness: number;
}

export const defaultViewPolicy: ViewPolicy = {
  raiseAfter: 4,
  outOf: 5,
  raiseAfterMs: 150_000,
  clearAfter: 2,
  maxClearAfter: 16,
  frozenAfterMs: 170_000,
  frozenAfter: 4,
  hiddenAfterMs: 30 * 60_000,
  forgetAfterMs: 12 * 60_000,
  limits: {
    darkMean: 26,
    darkHigh: 48,
    glareShare: 0.3,
    anchoredHeld: 0.35,
    anchoredLost: 0.2,
    shiftedMatch: 0.38,
    shiftedGain: 0.13,
    heldShiftedGain: 0.22,
    steady: 0.66,
    detailLost: 0.45,
    blurredSharpness: 0.6,
    blurredAnchored: 0.12,
    blurredMatch: 0.22,
    blurredLikeness: 0.5,
    plainLikeness: 0.75,
  },
};

/** What is remembered of a camera's pictures. */
export interface ViewState {
  /** Null until enough pictures agree. */
  readonly verdict: ViewVerdict | null;
  /** The last pictures that said something. */
  readonly votes: readonly { readonly vote: ViewVerdict; readonly atMs: number }[];
  readonly wellInARow: number;
  readonly pictureHash: string | null;
  /** Since when, and how many times, the same picture came. */
  readonly sameSinceMs: number;
  readonly sameCount: number;
  /** Since when light or people hide the view; null when they do not. */
  readonly hiddenSinceMs: number | null;
  /** When the view became disturbed in the last hour. */
  readonly raisedAtMs: readonly number[];
}

export const noViewYet: ViewState = {
  verdict: null,
  votes: [],
  wellInARow: 0,
  pictureHash: null,
  sameSinceMs: 0,
  sameCount: 0,
  hiddenSinceMs: null,
  raisedAtMs: [],
};

export interface ViewDecision {
  readonly state: ViewState;
  readonly verdict: ViewVerdict | null;
  /** True when the verdict is not the one of before. */
  readonly changed: boolean;
  readonly vote: ViewVote;
  /** Measures in one line, safe to show. */
  readonly evidence: string;
}

const hourMs = 3_600_000;

/**
 * Takes the measures of the next picture of a camera into account. Several pictures must agree
 * before the verdict changes; a view that is disturbed again and again must be well for longer.
 */
export function decideView(
  state: ViewState,
  measures: ViewMeasures,
  nowMs: number,
  policy: ViewPolicy = defaultViewPolicy,
): ViewDecision {
  const same = state.pictureHash === measures.pictureHash && nowMs >= state.sameSinceMs;
  const sameSinceMs = same ? state.sameSinceMs : nowMs;
  const sameCount = same ? state.sameCount + 1 : 1;
  const judged = judgePicture(measures, policy.limits);
  // Without light all pictures may be alike; that light is missing tells more.
  const frozen =
    judged !== 'DARK' &&
    sameCount >= policy.frozenAfter &&
    nowMs - sameSinceMs >= policy.frozenAfterMs;

  const hidden = judged === 'DAZZLED' || judged === 'CROWDED';
  const hiddenSinceMs = hidden ? Math.min(state.hiddenSinceMs ?? nowMs, nowMs) : null;
  const hiddenLong = hiddenSinceMs !== null && nowMs - hiddenSinceMs >= policy.hiddenAfterMs;
  const vote: ViewVote = frozen
    ? 'FROZEN'
    : !hidden
      ? judged
      : !hiddenLong
        ? 'UNSURE'
        : judged === 'DAZZLED'
          ? 'COVERED'
          : 'MOVED';

  const before = state.votes.filter(
    ({ atMs }) => atMs <= nowMs && nowMs - atMs <= policy.forgetAfterMs,
  );
  const votes =
    vote === 'UNSURE' ? before : [...before, { vote, atMs: nowMs }].slice(-policy.outOf);
  const wellInARow =
    vote === 'WELL' ? state.wellInARow + 1 : vote === 'UNSURE' ? state.wellInARow : 0;
  const raisedBefore = state.raisedAtMs.filter((atMs) => atMs <= nowMs && nowMs - atMs < hourMs);
  const verdict = frozen
    ? 'FROZEN'
    : nextVerdict(state.verdict, votes, wellInARow, raisedBefore.length, nowMs, policy);
  const changed = verdict !== state.verdict;
  const raised = changed && isDisturbed(verdict) && !isDisturbed(state.verdict);
  return {
    state: {
      verdict,
      votes,
      wellInARow,
      pictureHash: measures.pictureHash,
      sameSinceMs,
      sameCount,
      hiddenSinceMs,
      raisedAtMs: raised ? [...raisedBefore, nowMs] : raisedBefore,
    },
    verdict,
    changed,
    vote,
    evidence: describe(measures, vote, judged === 'DAZZLED', {
      sameCount,
      sameForMs: nowMs - sameSinceMs,
    }),
  };
}

/** What one picture says by itself. DAZZLED: light hides the view; CROWDED: what moves hides it. */
export function judgePicture(
  measures: ViewMeasures,
  limits: ViewLimits,
): Exclude<ViewVerdict, 'FROZEN'> | 'UNSURE' | 'DAZZLED' | 'CROWDED' {
  if (measures.lightnessMean < limits.darkMean && measures.lightnessHigh < limits.darkHigh) {
    return 'DARK';
  }
  const { against } = measures;
  if (against === null) return 'WELL';
  const { match, anchoredShare, likeness, steadiness } = against;
  const glare = measures.saturatedShare >= limits.glareShare;
  const unsharp =
    against.sharpnessRatio !== null && against.sharpnessRatio < limits.blurredSharpness;
  const held = anchoredShare >= limits.anchoredHeld;
  const gain = against.shiftedMatch - match;
  const enough = held ? limits.heldShiftedGain : limits.shiftedGain;
  if (against.shiftedMatch >= limits.shiftedMatch && gain >= enough) return 'MOVED';
  if (held) return unsharp && !glare ? 'BLURRED' : 'WELL';
  if (glare) return 'DAZZLED';
  const plain = against.detailRatio < limits.detailLost;
  const remains =
    anchoredShare >= limits.blurredAnchored ||
    match >= limits.blurredMatch ||
    likeness >= limits.blurredLikeness;
  if ((unsharp && remains) || (plain && likeness >= limits.plainLikeness)) return 'BLURRED';
  if (unsharp || plain) return 'COVERED';
  if (anchoredShare >= limits.anchoredLost) return 'UNSURE';
  return steadiness !== null && steadiness >= limits.steady ? 'MOVED' : 'CROWDED';
}

function nextVerdict(
  verdict: ViewVerdict | null,
  votes: ViewState['votes'],
  wellInARow: number,
  raisedBefore: number,
  nowMs: number,
  policy: ViewPolicy,
): ViewVerdict | null {
  const bad = votes.filter(({ vote }) => vote !== 'WELL');
  const first = bad[0];
  if (first !== undefined && votes.at(-1)?.vote !== 'WELL') {
    const agreed = bad.length >= policy.raiseAfter && nowMs - first.atMs >= policy.raiseAfterMs;
    if (!isDisturbed(verdict)) return agreed ? mostFrequent(bad) : verdict;
    // Another kind of disturbance only when it is as clear as the first had to be.
    const kind = mostFrequent(bad);
    const ofKind = bad.filter(({ vote }) => vote === kind).length;
    return agreed && ofKind >= policy.raiseAfter ? kind : verdict;
  }
  const needed = isDisturbed(verdict)
    ? Math.min(policy.clearAfter * 2 ** Math.max(0, raisedBefore - 1), policy.maxClearAfter)
    : policy.clearAfter;
  return wellInARow >= needed ? 'WELL' : verdict;
}

function isDisturbed(verdict: ViewVerdict | null): boolean {
  return verdict !== null && verdict !== 'WELL';
}

/** The kind that most pictures tell; of equals the latest. */
function mostFrequent(votes: ViewState['votes']): ViewVerdict {
  const counts = new Map<ViewVerdict, number>();
  let best: ViewVerdict = 'WELL';
  for (const { vote } of votes) {
    const count = (counts.get(vote) ?? 0) + 1;
    counts.set(vote, count);
    if (count >= (counts.get(best) ?? 0)) best = vote;
  }
  return best;
}

function describe(
  measures: ViewMeasures,
  vote: ViewVote,
  dazzled: boolean,
  same: { readonly sameCount: number; readonly sameForMs: number },
): string {
  const { against } = measures;
  if (vote === 'FROZEN') {
    return `the same picture ${same.sameCount} times in ${Math.round(same.sameForMs / 1000)} s`;
  }
  const lightness = `lightness ${Math.round(measures.lightnessMean)} of 255`;
  if (vote === 'DARK') return `${lightness}, brightest ${Math.round(measures.lightnessHigh)}`;
  if (against === null) return `${lightness}, no reference picture to compare with`;
  const parts = [
    `${percent(against.match)} of the approved edges in place`,
    `${percent(against.anchoredShare)} of the view's parts`,
  ];
  if (vote === 'MOVED' && against.shift !== '') {
    parts.push(`${percent(against.shiftedMatch)} of them ${against.shift}`);
  }
  if (dazzled) parts.push(`${percent(measures.saturatedShare)} of the picture burnt out`);
  if (against.steadiness !== null) parts.push(`steady ${percent(against.steadiness)}`);
  parts.push(`detail ${percent(against.detailRatio)}`);
  if (against.sharpnessRatio !== null) parts.push(`sharpness ${percent(against.sharpnessRatio)}`);
  parts.push(lightness);
  return parts.join(', ');
}

function percent(share: number): string {
  return `${Math.round(share * 100)}%`;
}
