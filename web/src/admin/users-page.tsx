import type { NewPassword, UserView } from '@nigehban/domain/api/user-types.ts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { KeyRound, LogOut, Pencil, UserCheck, UserPlus, UserX } from 'lucide-react';
import { useState } from 'react';
import { useServerNow } from '../app/services.tsx';
import { Code, useI18n } from '../i18n/i18n.tsx';
import { classNames } from '../ui/class-names.ts';
import controls from '../ui/controls.module.css';
import { Dialog } from '../ui/dialog.tsx';
import { FaultNotice, LoadingRows } from '../ui/notice.tsx';
import styles from './admin.module.css';
import { ListeningSetting } from './listening-setting.tsx';
import { OneTimePassword } from './one-time-password.tsx';
import { userApi } from './user-api.ts';
import { UserForm } from './user-form.tsx';
import people from './users-page.module.css';

const askEveryMs = 15_000;

type Question =
  | { readonly kind: 'form'; readonly user: UserView | null }
  | { readonly kind: 'reset' | 'disable'; readonly user: UserView }
  | { readonly kind: 'password'; readonly fresh: NewPassword };

/** Who may sign in, as what, and who is here now. */
export function UsersPage() {
  const { t } = useI18n();
  const [question, setQuestion] = useState<Question | null>(null);
  const users = useQuery({
    queryKey: ['users'],
    queryFn: userApi.list,
    refetchInterval: askEveryMs,
  });
  const list = users.data ?? [];
  const close = (): void => setQuestion(null);
  return (
    <div className={styles.page}>
      <div className={styles.toolbar}>
        <h1>{t('users.title')}</h1>
        <span className={styles.muted} role="status">
          {users.isSuccess &&
            t('users.count', {
              count: list.filter((one) => one.disabledAtMs === null).length,
              here: list.filter((one) => one.sessions > 0).length,
            })}
        </span>
        <span className={styles.spacer} />
        <button
          type="button"
          className={classNames(controls.button, controls.primary)}
          onClick={() => setQuestion({ kind: 'form', user: null })}
          data-testid="user-add"
        >
          <UserPlus aria-hidden="true" />
          {t('users.add')}
        </button>
      </div>
      {users.isPending && <LoadingRows rows={5} />}
      {users.isError && <FaultNotice fault={users.error} onRetry={() => void users.refetch()} />}
      {list.length > 0 && <UserTable users={list} onAsk={setQuestion} />}
      <ListeningSetting />
      {question?.kind === 'form' && (
        <UserForm
          known={question.user}
          onClose={close}
          onAdded={(fresh) => setQuestion({ kind: 'password', fresh })}
        />
      )}
      {question?.kind === 'reset' && (
        <ResetPassword
          user={question.user}
          onClose={close}
          onDone={(fresh) => setQuestion({ kind: 'password', fresh })}
        />
      )}
      {question?.kind === 'disable' && <DisableUser user={question.user} onClose={close} />}
      {question?.kind === 'password' && <OneTimePassword fresh={question.fresh} onClose={close} />}
    </div>
  );
}

function UserTable(props: {
  readonly users: readonly UserView[];
  readonly onAsk: (question: Question) => void;
}) {
  const { t } = useI18n();
  return (
    <section className={styles.scroll} aria-label={t('users.title')}>
      <table className={classNames(styles.table, people.table)}>
        <thead>
          <tr>
            <th scope="col">{t('users.person')}</th>
            <th scope="col">{t('users.role')}</th>
            <th scope="col">{t('users.state')}</th>
            <th scope="col">{t('users.lastSignIn')}</th>
            <th scope="col">{t('users.sessions')}</th>
            <th scope="col">
              <span className={controls.visuallyHidden}>{t('users.actions')}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {props.users.map((user) => (
            <UserRow key={user.username} user={user} onAsk={props.onAsk} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function UserRow(props: { readonly user: UserView; readonly onAsk: (question: Question) => void }) {
  const { t, moment } = useI18n();
  const { user, onAsk } = props;
  const nowMs = useServerNow(15_000);
  const queries = useQueryClient();
  const refresh = () => queries.invalidateQueries({ queryKey: ['users'] });
  const enable = useMutation({
    mutationFn: () => userApi.change(user.username, { disabled: false }),
    onSettled: refresh,
  });
  const signOut = useMutation({
    mutationFn: () => userApi.signOut(user.username),
    onSettled: refresh,
  });
  const isDisabled = user.disabledAtMs !== null;
  const fault = enable.error ?? signOut.error;
  return (
    <tr
      className={isDisabled ? people.disabled : undefined}
      data-testid="user-row"
      data-username={user.username}
    >
      <th scope="row">
        <bdi>{user.displayName}</bdi>
        <Code className={styles.muted}>{user.username}</Code>
      </th>
      <td>
        <span className={styles.tag}>{t(`role.${user.role}`)}</span>
      </td>
      <td>
        <span
          className={
            isDisabled ? styles.wrong : user.mustChangePassword ? styles.muted : styles.good
          }
        >
          {t(
            isDisabled
              ? 'users.state.disabled'
              : user.mustChangePassword
                ? 'users.state.oneTime'
                : 'users.state.active',
          )}
        </span>
        {fault !== null && <FaultNotice fault={fault} />}
      </td>
      <td data-label={t('users.lastSignIn')}>
        {user.lastSignInAtMs === null ? (
          <span className={styles.muted}>{t('users.never')}</span>
        ) : (
          <Code>{moment(user.lastSignInAtMs, nowMs)}</Code>
        )}
      </td>
      <td data-label={t('users.sessions')}>
        {user.sessions === 0 ? (
          <span className={styles.muted}>0</span>
        ) : (
          <span className={people.sessions}>
            {user.sessions}
            <button
              type="button"
              className={classNames(controls.button, controls.quiet, controls.icon)}
              aria-label={t('users.signOut', { name: user.displayName })}
              title={t('users.signOut', { name: user.displayName })}
              disabled={signOut.isPending}
              onClick={() => signOut.mutate()}
            >
              <LogOut aria-hidden="true" />
            </button>
          </span>
        )}
      </td>
      <td>
        <div className={people.actions}>
          <button
            type="button"
            className={controls.button}
            onClick={() => onAsk({ kind: 'form', user })}
          >
            <Pencil aria-hidden="true" />
            {t('users.change')}
          </button>
          <button
            type="button"
            className={controls.button}
            onClick={() => onAsk({ kind: 'reset', user })}
            data-testid="user-reset"
          >
            <KeyRound aria-hidden="true" />
            {t('users.reset')}
          </button>
          {isDisabled ? (
            <button
              type="button"
              className={controls.button}
              disabled={enable.isPending}
              onClick={() => enable.mutate()}
            >
              <UserCheck aria-hidden="true" />
              {t('users.enable')}
            </button>
          ) : (
            <button
              type="button"
              className={classNames(controls.button, controls.quiet)}
              onClick={() => onAsk({ kind: 'disable', user })}
            >
              <UserX aria-hidden="true" />
              {t('users.disable')}
            </button>
          )}
        </div>
      </td>
    </tr>
  );
}

function ResetPassword(props: {
  readonly user: UserView;
  readonly onClose: () => void;
  readonly onDone: (fresh: NewPassword) => void;
}) {
  const { t } = useI18n();
  const queries = useQueryClient();
  const reset = useMutation({
    mutationFn: () => userApi.resetPassword(props.user.username),
    onSuccess: async (fresh) => {
      props.onDone(fresh);
      await queries.invalidateQueries({ queryKey: ['users'] });
    },
  });
  return (
    <Ask
      title={t('users.reset')}
      text={t('users.reset.ask', { name: props.user.displayName })}
      confirm={t('users.reset.do')}
      fault={reset.error}
      isPending={reset.isPending}
      onConfirm={() => reset.mutate()}
      onClose={props.onClose}
    />
  );
}

function DisableUser(props: { readonly user: UserView; readonly onClose: () => void }) {
  const { t } = useI18n();
  const queries = useQueryClient();
  const disable = useMutation({
    mutationFn: () => userApi.change(props.user.username, { disabled: true }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['users'] });
      props.onClose();
    },
  });
  return (
    <Ask
      title={t('users.disable')}
      text={t('users.disable.ask', { name: props.user.displayName })}
      confirm={t('users.disable')}
      fault={disable.error}
      isPending={disable.isPending}
      onConfirm={() => disable.mutate()}
      onClose={props.onClose}
    />
  );
}

function Ask(props: {
  readonly title: string;
  readonly text: string;
  readonly confirm: string;
  readonly fault: Error | null;
  readonly isPending: boolean;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}) {
  const { t } = useI18n();
  return (
    <Dialog title={props.title} onClose={props.onClose}>
      <div className={people.ask}>
        <p>{props.text}</p>
        {props.fault !== null && <FaultNotice fault={props.fault} />}
        <div className={styles.actions}>
          <button
            type="button"
            className={classNames(controls.button, controls.primary)}
            data-first-focus
            disabled={props.isPending}
            onClick={props.onConfirm}
            data-testid="ask-confirm"
          >
            {props.confirm}
          </button>
          <button type="button" className={controls.button} onClick={props.onClose}>
            {t('users.cancel')}
          </button>
        </div>
      </div>
    </Dialog>
  );
}
