import { useEffect, useRef } from 'react';

/** The part of a keyboard event that decides which key it was. */
export interface KeyStroke {
  readonly key: string;
  readonly code: string;
  readonly shiftKey: boolean;
}

const storageKey = 'nigehban.singleKeys';

/** Single-letter keys can be turned off (WCAG 2.2, 2.1.4). */
export function singleKeysEnabled(): boolean {
  try {
    return localStorage.getItem(storageKey) !== 'off';
  } catch {
    return true;
  }
}

export function setSingleKeysEnabled(enabled: boolean): void {
  try {
    localStorage.setItem(storageKey, enabled ? 'on' : 'off');
  } catch {
    // Without storage the keys stay on.
  }
}

const codesOfSigns: Readonly<Record<string, string>> = {
  '[': 'BracketLeft',
  ']': 'BracketRight',
  '/': 'Slash',
};

/**
 * Whether the stroke is `key`. Letters and signs also match by their place on the keyboard, so that
 * they work while an Urdu layout is active.
 */
export function isKey(stroke: KeyStroke, key: string): boolean {
  if (stroke.key === key) return true;
  if (key === '?') return stroke.shiftKey && stroke.code === 'Slash';
  if (/^[a-z]$/.test(key)) {
    const latin = /^[a-z]$/i.test(stroke.key);
    return latin
      ? stroke.key.toLowerCase() === key
      : stroke.code === `Key${key.toUpperCase()}` && !stroke.shiftKey;
  }
  const code = codesOfSigns[key];
  return code !== undefined && stroke.code === code && !stroke.shiftKey;
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}

/** Whether keys without Ctrl act now: outside text fields, no dialog open, not turned off. */
export function acceptsSingleKeys(event: KeyboardEvent): boolean {
  return acceptsKeys(event) && singleKeysEnabled();
}

function acceptsKeys(event: KeyboardEvent): boolean {
  if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) return false;
  return !isTyping(event.target) && document.querySelector('dialog[open]') === null;
}

/** Space and Enter on a button or link belong to it. */
function pressesControl(event: KeyboardEvent): boolean {
  if (event.key !== ' ' && event.key !== 'Enter') return false;
  return event.target instanceof HTMLElement && /^(BUTTON|A|SUMMARY)$/.test(event.target.tagName);
}

export interface Hotkey {
  readonly keys: readonly string[];
  readonly run: (event: KeyboardEvent) => void;
}

/**
 * Keys of a screen: they act outside text fields, without Ctrl, Alt or Meta, and not behind an open
 * dialog. The first hotkey that matches wins and the browser's own action is prevented.
 */
export function useHotkeys(hotkeys: readonly Hotkey[]): void {
  const current = useRef(hotkeys);
  useEffect(() => {
    current.current = hotkeys;
  });
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => {
      if (!acceptsKeys(event) || pressesControl(event)) return;
      const found = current.current.find((hotkey) => hotkey.keys.some((key) => isKey(event, key)));
      if (found === undefined) return;
      const single = [...event.key].length === 1 && event.key !== ' ';
      if (single && event.key !== '?' && !singleKeysEnabled()) return;
      event.preventDefault();
      found.run(event);
    };
    window.addEventListener('keydown', listen);
    return () => window.removeEventListener('keydown', listen);
  }, []);
}
