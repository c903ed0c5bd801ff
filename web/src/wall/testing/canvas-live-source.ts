import type { LiveSound } from '@nigehban/domain/live-sound.ts';
import { ConsoleFault } from '../../api/console-fault.ts';
import type { LiveListen, LiveSource, LiveWatch } from '../live-port.ts';

type Play = 'moving' | 'refused';

async function readPlay(cameraId: number): Promise<Play> {
  const answer = await fetch(`/mock/play/${cameraId}`);
  return (await answer.text()) === 'refused' ? 'refused' : 'moving';
}

/** Every third camera has G.711, one in three AAC. */
function soundOf(cameraId: number): LiveSound {
  if (cameraId % 3 === 1) return 'available';
  return cameraId % 3 === 2 ? 'none' : 'unsupported';
}

/** A tone in place of a camera's sound. */
function hum(): LiveListen {
  const context = new AudioContext();
  const tone = context.createOscillator();
  const destination = context.createMediaStreamDestination();
  tone.connect(destination);
  tone.start();
  return {
    stream: destination.stream,
    onEnd: () => undefined,
    close: () => void context.close(),
  };
}

/**
 * Live pictures for the mock console: each camera is a looping scene, taken from a hidden video
 * element. Stands in for the WebRTC client when the console is built for screenshots and tests.
 */
export function openLiveSource(): LiveSource & { readonly close: () => void } {
  const watches = new Set<LiveWatch>();
  const watch = async (cameraId: number, quality: 'main' | 'sub'): Promise<LiveWatch> => {
    if ((await readPlay(cameraId)) === 'refused') {
      throw new ConsoleFault('LIVE_UNAVAILABLE', 'the mock camera is down');
    }
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
    let play: Play = 'moving';
    const timer = setInterval(() => {
      if (play === 'moving') context?.drawImage(video, 0, 0);
    }, 200);
    const poll = setInterval(() => {
      void readPlay(cameraId).then((next) => {
        play = next;
      });
    }, 1_000);
    const stream = canvas.captureStream(5);
    const watched: LiveWatch = {
      stream,
      quality,
      sound: soundOf(cameraId),
      listen: async () => hum(),
      onEnd: () => undefined,
      close: () => {
        clearInterval(timer);
        clearInterval(poll);
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
