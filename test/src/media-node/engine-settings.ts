import { parseSettings } from '@nigehban/config/settings/settings.ts';
import type { EngineSettings } from '../../../bin/media-node/media-engine.ts';
import { planEngines } from '../../../bin/media-node/plan-engines.ts';

/** Settings of a small node with short segments, one mediasoup worker in each process. */
export function engineSettings(
  footage: string | readonly string[],
  processes: number,
  firstPort: number,
): EngineSettings[] {
  const settings = parseSettings(
    {
      NIGEHBAN_SEGMENT_SECONDS: '4',
      NIGEHBAN_RTC_PORTS: `${firstPort}-${firstPort + 10 * processes - 1}`,
      NIGEHBAN_RTC_WORKERS: String(processes),
    },
    { hostname: 'fleet' },
  );
  const places = (typeof footage === 'string' ? [footage] : footage).map((folder) => ({ folder }));
  return planEngines(settings, places, [{ ip: '127.0.0.1' }], processes, processes);
}
