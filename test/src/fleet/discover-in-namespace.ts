import { createRequire } from 'node:module';
import { startFleet } from './fleet.ts';

/**
 * Run inside a network namespace of its own: starts a fleet, lets the packages `node-onvif` and
 * `onvif` discover it by multicast, and writes the device addresses each has found as JSON.
 */

interface NodeOnvifDiscovery {
  startProbe(): Promise<readonly { readonly xaddrs: readonly string[] }[]>;
}

interface OnvifDiscovery {
  readonly Discovery: {
    on(event: 'error', listener: (error: unknown) => void): void;
    probe(
      options: { readonly timeout: number; readonly resolve: boolean },
      callback: (
        error: unknown,
        found: readonly {
          readonly probeMatches: { readonly probeMatch: { readonly XAddrs: string } };
        }[],
      ) => void,
    ): void;
  };
}

const require = createRequire(import.meta.url);
const nodeOnvif: NodeOnvifDiscovery = require('node-onvif');
const onvif: OnvifDiscovery = require('onvif');

const fleet = await startFleet({ cameras: 6 });
const byNodeOnvif = (await nodeOnvif.startProbe()).flatMap(({ xaddrs }) => xaddrs);
onvif.Discovery.on('error', () => {});
const byOnvif = await new Promise<string[]>((resolve) => {
  onvif.Discovery.probe({ timeout: 1000, resolve: false }, (_, found) =>
    resolve(found.map(({ probeMatches }) => probeMatches.probeMatch.XAddrs)),
  );
});
const expected = fleet.cameras.map(
  ({ plan }) => `http://${plan.address}:${plan.httpPort}/onvif/device_service`,
);
await fleet.stop();
process.stdout.write(
  JSON.stringify({
    expected: expected.sort(),
    nodeOnvif: byNodeOnvif.sort(),
    onvif: byOnvif.sort(),
  }),
);
