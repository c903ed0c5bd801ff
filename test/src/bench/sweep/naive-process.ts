import { addressOf, isDead } from './simulated-cameras.ts';
import type { NaiveReport } from './sweep-protocol.ts';

/** The check as one would write it first: `fetch` for each camera. Arguments: port, cameras. */
const [port = '', count = ''] = process.argv.slice(2);
const cameras = Number(count);
const parallel = 64;
const body =
  '<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:tds="http://www.onvif.org/ver10/device/wsdl"><s:Body><tds:GetSystemDateAndTime/></s:Body></s:Envelope>';

let next = 0;
let checks = 0;

async function checkOn(): Promise<void> {
  while (next < cameras) {
    const camera = next++;
    if (isDead(camera)) continue;
    const response = await fetch(`http://${addressOf(camera)}:${port}/onvif/device_service`, {
      method: 'POST',
      headers: { 'content-type': 'application/soap+xml; charset=utf-8', connection: 'close' },
      body,
      signal: AbortSignal.timeout(5_000),
    });
    if (!(await response.text()).includes('UTCDateTime')) throw new Error('no time');
    checks += 1;
  }
}

// The first thousand warm up, as the sweep does long before it is measured.
next = cameras - 1_000;
await Promise.all(Array.from({ length: parallel }, checkOn));
next = 0;
checks = 0;
const before = process.cpuUsage();
await Promise.all(Array.from({ length: parallel }, checkOn));
const { user, system } = process.cpuUsage(before);
const report: NaiveReport = { kind: 'done', checks, processorSeconds: (user + system) / 1e6 };
process.send?.(report, () => process.exit());
