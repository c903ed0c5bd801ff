import { LoaderCircle, Volume2, VolumeOff, VolumeX } from 'lucide-react';
import { useI18n } from '../i18n/i18n.tsx';
import { classNames } from '../ui/class-names.ts';
import controls from '../ui/controls.module.css';
import type { Listening } from './listening-state.ts';
import styles from './tile.module.css';
import type { ListeningControl } from './use-listening.ts';

/** Turns a tile's sound on and off; says why where there is none. Absent for whoever may not listen. */
export function ListenButton(props: {
  readonly listening: ListeningControl;
  readonly tabIndex: number;
}) {
  const { t } = useI18n();
  const { state, toggle } = props.listening;
  const hint = useHint(state);
  if (state.kind === 'forbidden') return null;
  const isOn = state.kind === 'playing' || state.kind === 'starting';
  const isUnavailable = state.kind === 'unavailable';
  const label = t(isOn ? 'tile.sound.stop' : 'tile.sound.listen');
  return (
    <button
      type="button"
      className={classNames(controls.button, styles.button, isOn && styles.listening)}
      onClick={toggle}
      // Not `disabled`: the reason has to be found by pointer and keyboard.
      aria-disabled={isUnavailable}
      aria-pressed={isUnavailable ? undefined : isOn}
      aria-label={hint === null ? label : `${label}. ${hint}`}
      aria-keyshortcuts="M"
      title={hint ?? label}
      tabIndex={props.tabIndex}
      data-testid="listen"
      data-listening={state.kind}
    >
      <ListenIcon state={state} />
    </button>
  );
}

function useHint(state: Listening): string | null {
  const { t } = useI18n();
  if (state.kind === 'unavailable') return t(`tile.sound.${state.cause}`);
  if (state.kind === 'silent' && state.fault !== null) return t(`fault.${state.fault}`);
  return null;
}

function ListenIcon(props: { readonly state: Listening }) {
  switch (props.state.kind) {
    case 'playing':
      return <Volume2 aria-hidden="true" />;
    case 'starting':
      return <LoaderCircle aria-hidden="true" className={styles.turning} />;
    case 'unavailable':
      return <VolumeOff aria-hidden="true" />;
    default:
      return <VolumeX aria-hidden="true" />;
  }
}

/** Stands on the tile whether or not the pointer is over it: this one is being listened to. */
export function ListeningMark(props: { readonly state: Listening }) {
  const { t } = useI18n();
  if (props.state.kind !== 'playing') return null;
  return (
    <span className={styles.hearing} data-testid="listening">
      <Volume2 aria-hidden="true" />
      <span className={styles.hearingText}>{t('tile.sound.on')}</span>
    </span>
  );
}
