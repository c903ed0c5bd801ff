import type { CameraPolicy, EncoderPolicy } from './camera-tools.ts';

export const policyScopes = ['all', 'district', 'model'] as const;
export type PolicyScope = (typeof policyScopes)[number];

/** One policy as it is stored; the narrower scope wins, item by item: model, then district, then all. */
export interface ScopedPolicy {
  readonly scope: PolicyScope;
  /** District code or model name; empty for all. */
  readonly scopeValue: string;
  readonly policy: Omit<CameraPolicy, 'newPassword'>;
  readonly newPassword: string | null;
}

export interface PolicyCamera {
  readonly code: string;
  readonly stationCode: string;
  readonly districtCode: string;
  readonly model: string | null;
}

/**
 * What holds for one camera. `{code}` and `{station}` in a host name or text stand for its codes; a
 * host name is made one (RFC 1123: letters, digits, hyphens, at most 63).
 */
export function effectivePolicy(
  policies: readonly ScopedPolicy[],
  camera: PolicyCamera,
): CameraPolicy {
  const holding = policyScopes.flatMap((scope) =>
    policies.filter((policy) => policy.scope === scope && applies(policy, camera)),
  );
  let merged: CameraPolicy = {};
  for (const { policy, newPassword } of holding) {
    const main = mergeEncoder(merged.main, policy.main);
    const sub = mergeEncoder(merged.sub, policy.sub);
    merged = {
      ...merged,
      ...policy,
      ...(main === undefined ? {} : { main }),
      ...(sub === undefined ? {} : { sub }),
      ...(newPassword === null ? {} : { newPassword }),
    };
  }
  const fill = (text: string) =>
    text.replaceAll('{code}', camera.code).replaceAll('{station}', camera.stationCode);
  return {
    ...merged,
    ...(merged.hostName === undefined ? {} : { hostName: toHostName(fill(merged.hostName)) }),
    ...(merged.osdText === undefined ? {} : { osdText: fill(merged.osdText) }),
  };
}

export function isEmptyPolicy(policy: CameraPolicy): boolean {
  return Object.values(policy).every((value) => value === undefined);
}

const longestHostName = 63;

function toHostName(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .slice(0, longestHostName)
    .replace(/^-+|-+$/g, '');
}

function applies({ scope, scopeValue }: ScopedPolicy, camera: PolicyCamera): boolean {
  switch (scope) {
    case 'all':
      return true;
    case 'district':
      return scopeValue === camera.districtCode;
    case 'model':
      return scopeValue === camera.model;
  }
}

function mergeEncoder(
  wide: EncoderPolicy | undefined,
  narrow: EncoderPolicy | undefined,
): EncoderPolicy | undefined {
  return wide === undefined && narrow === undefined ? undefined : { ...wide, ...narrow };
}
