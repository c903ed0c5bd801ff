import type { NewPassword, UserView } from '@nigehban/domain/api/user-types.ts';
import { type Role, roles } from '@nigehban/domain/permissions.ts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useId, useState } from 'react';
import { useI18n } from '../i18n/i18n.tsx';
import { classNames } from '../ui/class-names.ts';
import controls from '../ui/controls.module.css';
import { Dialog } from '../ui/dialog.tsx';
import { FaultNotice } from '../ui/notice.tsx';
import styles from './admin.module.css';
import { userApi } from './user-api.ts';
import people from './users-page.module.css';

const usernamePattern = /^[a-z0-9][a-z0-9._-]{1,63}$/;

/** Somebody new (`known` null), or another name or role for somebody. */
export function UserForm(props: {
  readonly known: UserView | null;
  readonly onClose: () => void;
  readonly onAdded: (fresh: NewPassword) => void;
}) {
  const { t } = useI18n();
  const { known } = props;
  const queries = useQueryClient();
  const [username, setUsername] = useState('');
  const [displayName, setDisplayName] = useState(known?.displayName ?? '');
  const [role, setRole] = useState<Role>(known?.role ?? 'operator');
  const [tried, setTried] = useState(false);
  const problemId = useId();
  const problem =
    known === null && !usernamePattern.test(username)
      ? t('users.username.wrong')
      : displayName.trim() === ''
        ? t('users.displayName.wrong')
        : null;
  const save = useMutation({
    mutationFn: async () =>
      known === null
        ? await userApi.add({ username, displayName: displayName.trim(), role })
        : await userApi.change(known.username, { displayName: displayName.trim(), role }),
    onSuccess: async (answer) => {
      if ('password' in answer) props.onAdded(answer);
      else props.onClose();
      await queries.invalidateQueries({ queryKey: ['users'] });
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setTried(true);
    if (problem === null && !save.isPending) save.mutate();
  };
  return (
    <Dialog
      title={known === null ? t('users.add') : t('users.change.title', { name: known.username })}
      onClose={props.onClose}
    >
      <form className={styles.form} onSubmit={submit} noValidate data-testid="user-form">
        {known === null && (
          <label className={classNames(styles.label, styles.wide)}>
            <span>{t('users.username')}</span>
            <input
              className={controls.field}
              data-first-focus
              name="new-username"
              dir="ltr"
              autoComplete="off"
              autoCapitalize="none"
              spellCheck={false}
              maxLength={64}
              value={username}
              onChange={(event) => setUsername(event.target.value.toLowerCase())}
            />
            <span>{t('users.username.hint')}</span>
          </label>
        )}
        <label className={styles.label}>
          <span>{t('users.displayName')}</span>
          <input
            className={controls.field}
            data-first-focus={known === null ? undefined : true}
            name="display-name"
            dir="auto"
            autoComplete="off"
            maxLength={120}
            value={displayName}
            onChange={(event) => setDisplayName(event.target.value)}
          />
        </label>
        <label className={styles.label}>
          <span>{t('users.role')}</span>
          <select
            className={controls.field}
            name="role"
            value={role}
            aria-describedby={problemId}
            onChange={(event) => {
              const chosen = roles.find((one) => one === event.target.value);
              if (chosen !== undefined) setRole(chosen);
            }}
          >
            {roles.map((one) => (
              <option key={one} value={one}>
                {t(`role.${one}`)}
              </option>
            ))}
          </select>
        </label>
        <p id={problemId} className={classNames(styles.wide, people.hint)}>
          {t(`users.role.${role}`)}
          {known !== null && role !== known.role && <> {t('users.role.ends')}</>}
        </p>
        {tried && problem !== null && (
          <p role="alert" className={classNames(styles.wide, styles.wrong)}>
            {problem}
          </p>
        )}
        {save.isError && (
          <div className={styles.wide}>
            <FaultNotice fault={save.error} />
          </div>
        )}
        <div className={classNames(styles.wide, styles.actions)}>
          <button
            type="submit"
            className={classNames(controls.button, controls.primary)}
            disabled={save.isPending}
            data-testid="user-save"
          >
            {t(known === null ? 'users.add.do' : 'users.save')}
          </button>
          <button type="button" className={controls.button} onClick={props.onClose}>
            {t('users.cancel')}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
