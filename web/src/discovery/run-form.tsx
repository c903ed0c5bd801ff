import { useMutation } from '@tanstack/react-query';
import { Plus, Radar, Trash2 } from 'lucide-react';
import { useId, useState } from 'react';
import { useI18n } from '../i18n/i18n.tsx';
import { classNames } from '../ui/class-names.ts';
import controls from '../ui/controls.module.css';
import { FaultNotice } from '../ui/notice.tsx';
import { discoveryApi } from './discovery-api.ts';
import styles from './discovery-page.module.css';
import { checkDraft, type RunDraft } from './run-draft.ts';

const mostPairs = 8;

/** Where to look, how, and with which passwords. */
export function RunForm(props: { readonly draft: RunDraft; readonly onStarted: () => void }) {
  const { t } = useI18n();
  const errorId = useId();
  const [draft, setDraft] = useState(props.draft);
  const check = checkDraft(draft);
  const start = useMutation({
    mutationFn: discoveryApi.start,
    onSuccess: () => {
      // Passwords do not stay in the page.
      setDraft({ ...draft, credentials: [] });
      props.onStarted();
    },
  });
  const change = (next: Partial<RunDraft>): void => setDraft({ ...draft, ...next });
  const changePair = (at: number, pair: Partial<RunDraft['credentials'][number]>): void =>
    change({
      credentials: draft.credentials.map((one, index) =>
        index === at ? { ...one, ...pair } : one,
      ),
    });
  const wrongRange = !check.ok && check.field === 'ranges';
  const wrongPort = !check.ok && check.field === 'ports';
  return (
    <form
      className={classNames(styles.panel, styles.form)}
      onSubmit={(event) => {
        event.preventDefault();
        if (check.ok && !start.isPending) start.mutate(check.body);
      }}
    >
      <h2>{t('discovery.start')}</h2>
      <label>
        {t('discovery.cidrs')}
        <textarea
          className={classNames(controls.field, styles.ranges)}
          rows={3}
          dir="ltr"
          spellCheck={false}
          placeholder={t('discovery.cidrs.hint')}
          value={draft.ranges}
          aria-invalid={wrongRange}
          aria-describedby={wrongRange ? errorId : undefined}
          onChange={({ target }) => change({ ranges: target.value })}
          data-testid="discovery-cidrs"
        />
      </label>
      {wrongRange && (
        <p id={errorId} className={styles.wrong}>
          {t('discovery.cidrs.invalid', { text: check.text })}
        </p>
      )}
      <label className={styles.checkbox}>
        <input
          type="checkbox"
          checked={draft.multicast}
          onChange={({ target }) => change({ multicast: target.checked })}
          data-testid="discovery-multicast"
        />
        {t('discovery.multicast')}
      </label>
      <label>
        {t('discovery.ports')}
        <input
          className={controls.field}
          dir="ltr"
          inputMode="numeric"
          value={draft.ports}
          aria-invalid={wrongPort}
          onChange={({ target }) => change({ ports: target.value })}
        />
        <small>{t(wrongPort ? 'discovery.ports.invalid' : 'discovery.ports.hint')}</small>
      </label>
      <fieldset className={styles.pairs}>
        <legend>{t('discovery.credentials')}</legend>
        <small>{t('discovery.credentials.hint')}</small>
        {draft.credentials.map((pair, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: pairs have no identity
          <div key={at} className={styles.pair}>
            <input
              className={controls.field}
              dir="ltr"
              autoComplete="off"
              aria-label={t('signIn.username')}
              placeholder={t('signIn.username')}
              value={pair.username}
              onChange={({ target }) => changePair(at, { username: target.value })}
            />
            <input
              type="password"
              className={controls.field}
              dir="ltr"
              autoComplete="new-password"
              aria-label={t('signIn.password')}
              placeholder={t('signIn.password')}
              value={pair.password}
              onChange={({ target }) => changePair(at, { password: target.value })}
            />
            <button
              type="button"
              className={classNames(controls.button, controls.icon)}
              aria-label={t('discovery.credentials.remove')}
              onClick={() =>
                change({ credentials: draft.credentials.filter((_, index) => index !== at) })
              }
            >
              <Trash2 aria-hidden="true" />
            </button>
          </div>
        ))}
        {draft.credentials.length < mostPairs && (
          <button
            type="button"
            className={classNames(controls.button, styles.add)}
            onClick={() =>
              change({ credentials: [...draft.credentials, { username: '', password: '' }] })
            }
          >
            <Plus aria-hidden="true" />
            {t('discovery.credentials.add')}
          </button>
        )}
      </fieldset>
      {start.isError && <FaultNotice fault={start.error} />}
      <div className={styles.go}>
        <span className={styles.muted} role="status">
          {check.ok && check.addresses > 0 && t('discovery.size', { count: check.addresses })}
        </span>
        <button
          type="submit"
          className={classNames(controls.button, controls.primary)}
          disabled={!check.ok || start.isPending}
          data-testid="discovery-start"
        >
          <Radar aria-hidden="true" />
          {t('discovery.go')}
        </button>
      </div>
    </form>
  );
}
