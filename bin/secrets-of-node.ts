import { join } from 'node:path';
import { keptSecret } from '@nigehban/config/secrets/kept-secret.ts';
import type { SecretKey } from '@nigehban/config/secrets/key-ring.ts';
import type { Settings } from '@nigehban/config/settings/settings.ts';

/** The cluster key and the key that seals credentials: as set, else made once and kept. */
export function secretsOf(settings: Settings): { clusterKey: string; secretKey: SecretKey } {
  const folder = join(settings.dataFolder, 'secrets');
  return {
    clusterKey: settings.clusterKey ?? keptSecret(join(folder, 'cluster-key'), 32),
    secretKey: {
      current: Buffer.from(settings.secretKey ?? keptSecret(join(folder, 'secret-key'), 32), 'hex'),
      old: settings.oldSecretKeys.map((key) => Buffer.from(key, 'hex')),
    },
  };
}
