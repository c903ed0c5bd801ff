import type { SecretKey } from '@nigehban/config/secrets/key-ring.ts';
import { isSealedWithCurrent, open, seal } from '@nigehban/config/secrets/sealed-box.ts';
import type { ScopedPolicy } from '@nigehban/domain/camera-policy.ts';
import type { PolicyRow } from '../store/policy-store.ts';

type Scope = Pick<PolicyRow, 'scope' | 'scopeValue'>;

/** Seals a policy's password: moved to another scope it does not open there. */
export function sealPassword(key: SecretKey, scope: Scope, password: string): Buffer {
  return seal(key, password, contextOf(scope));
}

/** The policy with its password. @throws Fault SETTING_INVALID when it opens with no key */
export function openPolicy(key: SecretKey, row: PolicyRow): ScopedPolicy {
  const { scope, scopeValue, policy, sealedPassword } = row;
  const newPassword = sealedPassword === null ? null : open(key, sealedPassword, contextOf(row));
  return { scope, scopeValue, policy, newPassword };
}

/** Under the current key; null when it is already, or opens with none. */
export function resealPassword(key: SecretKey, row: PolicyRow): Buffer | null {
  if (row.sealedPassword === null || isSealedWithCurrent(key, row.sealedPassword)) return null;
  try {
    return sealPassword(key, row, open(key, row.sealedPassword, contextOf(row)));
  } catch {
    return null;
  }
}

function contextOf({ scope, scopeValue }: Scope): string {
  return `policy ${scope} ${scopeValue}`;
}
