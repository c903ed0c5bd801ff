import type { LiveSource, LiveWatch } from '@nigehban/web/wall/live-port.ts';

/**
 * Live pictures for the mock console: each camera is a looping scene, taken from a hidden video
 * element. Stands in for the WebRTC client when the console is built for screenshots and tests.
 */
export function openLiveSource(): LiveSource & { readonly close: () => void } {
  const watches = new Set<LiveWatch>();
  const watch = async (cameraId: number, quality: 'main' | 'sub'): Promise<LiveWatch> => {
    const video = document.createElement('video');
    video.src = `/mock/scene-${(cameraId - 1) % 6}.mp4`;
    video.muted = true;
    video.loop = true;
    video.currentTime = (cameraId * 7) % 50;
    await video.play();
    const canvas = document.createElement('canvas');
    canvas.width = 640;
    canvas.height = 360;
    const context = canvas.getContext('2d');
    const timer = setInterval(() => context?.drawImage(video, 0, 0), 200);
    const stream = canvas.captureStream(5);
    const watched: LiveWatch = {
      stream,
      quality,
      onEnd: () => undefined,
      close: () => {
        clearInterval(timer);
        video.pause();
        video.removeAttribute('src');
        for (const track of stream.getTracks()) track.stop();
        watches.delete(watched);
      },
    };
    watches.add(watched);
    return watched;
  };
  return {
    watch,
    close: () => {
      for (const open of [...watches]) open.close();
    },
  };
}
