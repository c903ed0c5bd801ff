const storageKey = 'nigehban.sound';

export function readSoundEnabled(): boolean {
  try {
    return localStorage.getItem(storageKey) === 'on';
  } catch {
    return false;
  }
}

export function writeSoundEnabled(enabled: boolean): void {
  try {
    localStorage.setItem(storageKey, enabled ? 'on' : 'off');
  } catch {
    // Without storage the sound is off again after a reload.
  }
}

const tones = [
  { frequencyHz: 660, startS: 0, lengthS: 0.16 },
  { frequencyHz: 880, startS: 0.2, lengthS: 0.24 },
] as const;

/** Two rising tones. Silent when the browser has not been touched yet (autoplay rules). */
export function playAlertSound(): void {
  const context = new AudioContext();
  for (const { frequencyHz, startS, lengthS } of tones) {
    const oscillator = context.createOscillator();
    const gain = context.createGain();
    const at = context.currentTime + startS;
    oscillator.frequency.value = frequencyHz;
    gain.gain.setValueAtTime(0, at);
    gain.gain.linearRampToValueAtTime(0.18, at + 0.02);
    gain.gain.linearRampToValueAtTime(0, at + lengthS);
    oscillator.connect(gain).connect(context.destination);
    oscillator.start(at);
    oscillator.stop(at + lengthS);
  }
  setTimeout(() => void context.close(), 1_000);
}
