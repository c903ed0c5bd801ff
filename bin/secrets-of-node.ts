import { join } from 'node:path';
import { keptSecret } from '@nigehban/config/secrets/kept-secret.ts';
import type { Settings } from '@nigehban/config/settings/settings.ts';

/** The cluster key and the key that seals credentials: as set, else made once and kept. */
export function secretsOf(settings: Settings): { clusterKey: string; secretKey: Buffer } {
  const folder = join(settings.dataFolder, 'secrets');
  return {
    clusterKey: settings.clusterKey ?? keptSecret(join(folder, 'cluster-key'), 32),
    secretKey: Buffer.from(settings.secretKey ?? keptSecret(join(folder, 'secret-key'), 32), 'hex'),
  };
}
