import { join } from 'node:path';
import type { Settings } from '@nigehban/config/settings/settings.ts';

/** Where footage is, by the settings: one folder on each volume. */
export function footageFoldersOf(settings: Settings): readonly string[] {
  const { footageFolders } = settings.media;
  return footageFolders.length > 0 ? footageFolders : [join(settings.dataFolder, 'footage')];
}
