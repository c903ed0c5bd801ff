import { type Browser, chromium, type Page } from 'playwright-core';
import { password } from './constellation.ts';

/** Debian's Chromium, headless, which asks nobody outside. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** A page in a browser context of its own, signed in as one of the first users. */
export async function signIn(browser: Browser, url: string, username: string): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  await page.goto(url);
  await page.getByTestId('sign-in-username').fill(username);
  await page.getByTestId('sign-in-password').fill(password);
  await page.getByTestId('sign-in-submit').click();
  await page.getByTestId('sign-in-submit').waitFor({ state: 'detached' });
  return page;
}

/** A GET of the API with the page's session. */
export async function getJson<T>(page: Page, path: string): Promise<T> {
  const response = await page.request.get(new URL(path, page.url()).href);
  if (!response.ok()) throw new Error(`${path}: ${response.status()} ${await response.text()}`);
  return (await response.json()) as T;
}

export async function postJson<T>(page: Page, path: string, body: unknown): Promise<T> {
  const url = new URL(path, page.url());
  const response = await page.request.post(url.href, {
    headers: { origin: url.origin },
    data: body,
  });
  if (!response.ok()) throw new Error(`${path}: ${response.status()} ${await response.text()}`);
  return (await response.json()) as T;
}

/** Frames that each video of the page has decoded so far, in document order. */
export function decodedFrames(page: Page): Promise<number[]> {
  // As text: the tests' types know no DOM, so that nothing else uses it by accident.
  return page.evaluate<number[]>(
    `[...document.querySelectorAll('video')].map(
      (video) => video.getVideoPlaybackQuality().totalVideoFrames)`,
  );
}

/** Keeps the page's peer connections in sight of {@link heardEnergy}, from the next load on. */
export async function watchPeers(page: Page): Promise<void> {
  await page.addInitScript(`{
    const Peer = RTCPeerConnection;
    globalThis.peers = [];
    globalThis.RTCPeerConnection = class extends Peer {
      constructor(...options) {
        super(...options);
        peers.push(this);
      }
    };
  }`);
}

/** Energy of all sound that the page has decoded and played (W3C webrtc-stats); 0 is silence. */
export function heardEnergy(page: Page): Promise<number> {
  return page.evaluate<number>(`(async () => {
    let energy = 0;
    for (const peer of peers) {
      for (const entry of (await peer.getStats()).values()) {
        if (entry.type === 'inbound-rtp' && entry.kind === 'audio') {
          energy += entry.totalAudioEnergy ?? 0;
        }
      }
    }
    return energy;
  })()`);
}

/** The luma of what a video shows now, for `readFrameIndex`; null while it shows nothing. */
export async function videoLuma(
  page: Page,
  index: number,
): Promise<{ luma: Uint8Array; width: number } | null> {
  const picture = await page.evaluate<{ luma: number[]; width: number } | null>(`(() => {
    const video = [...document.querySelectorAll('video')][${index}];
    if (video === undefined || video.videoWidth === 0) return null;
    const canvas = document.createElement('canvas');
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    const context = canvas.getContext('2d');
    context.drawImage(video, 0, 0);
    // The frame code stands in the top rows.
    const { data } = context.getImageData(0, 0, canvas.width, Math.ceil(canvas.width / 20));
    const luma = [];
    for (let i = 0; i < data.length; i += 4) {
      luma.push(Math.round(0.299 * data[i] + 0.587 * data[i + 1] + 0.114 * data[i + 2]));
    }
    return { luma, width: canvas.width };
  })()`);
  return picture === null ? null : { luma: Uint8Array.from(picture.luma), width: picture.width };
}
