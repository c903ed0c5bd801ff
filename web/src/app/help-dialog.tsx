import { useId, useState } from 'react';
import { useI18n } from '../i18n/i18n.tsx';
import type { MessageKey } from '../i18n/messages.ts';
import controls from '../ui/controls.module.css';
import { Dialog } from '../ui/dialog.tsx';
import styles from './help-dialog.module.css';
import { setSingleKeysEnabled, singleKeysEnabled } from './hotkeys.ts';

interface HelpScope {
  readonly title: MessageKey;
  readonly keys: readonly (readonly [keys: string, text: MessageKey])[];
}

const scopes: readonly HelpScope[] = [
  {
    title: 'help.global',
    keys: [
      ['Ctrl+K', 'help.palette'],
      ['G W / G S / G A', 'help.go'],
      ['/', 'help.filter'],
      ['Esc', 'help.escape'],
      ['?', 'help.help'],
    ],
  },
  {
    title: 'help.wall',
    keys: [
      ['↑ ↓ ← →', 'help.move'],
      ['Enter', 'help.enlarge'],
      ['1 2 3 4 / 9', 'help.layout'],
      ['[ ]', 'help.page'],
      ['C', 'help.choose'],
      ['M', 'help.listen'],
      ['F', 'help.fullscreen'],
    ],
  },
  {
    title: 'help.alerts',
    keys: [
      ['J K', 'help.next'],
      ['Enter', 'help.openRow'],
      ['← →', 'help.foldRow'],
      ['A', 'help.acknowledge'],
      ['E', 'help.assign'],
      ['U', 'help.escalate'],
      ['C', 'help.close'],
      ['O', 'help.station'],
      ['N', 'help.showNew'],
    ],
  },
  {
    title: 'help.timeline',
    keys: [
      ['Space', 'help.play'],
      ['← →', 'help.step'],
      ['+ −', 'help.zoom'],
      ['N / Shift+N', 'help.gap'],
      ['T', 'help.jump'],
      ['I / O', 'help.marks'],
    ],
  },
];

/** Every key of the console, and the switch that turns single letters off. */
export function HelpDialog(props: { readonly onClose: () => void }) {
  const { t } = useI18n();
  const [singleKeys, setSingleKeys] = useState(singleKeysEnabled);
  const id = useId();
  return (
    <Dialog title={t('help.title')} onClose={props.onClose}>
      <div className={styles.scopes}>
        {scopes.map((scope) => (
          <section key={scope.title}>
            <h3>{t(scope.title)}</h3>
            <dl className={styles.keys}>
              {scope.keys.map(([keys, text]) => (
                <div key={text}>
                  <dt dir="ltr">
                    <kbd className={controls.key}>{keys}</kbd>
                  </dt>
                  <dd>{t(text)}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
      <p className={styles.note}>
        <label htmlFor={id}>
          <input
            id={id}
            type="checkbox"
            checked={singleKeys}
            onChange={(event) => {
              setSingleKeysEnabled(event.target.checked);
              setSingleKeys(event.target.checked);
            }}
          />{' '}
          {t('help.singleKeys')}
        </label>{' '}
        {t('help.note')}
      </p>
    </Dialog>
  );
}
