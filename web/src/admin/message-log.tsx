import type { MessageState, MessageView } from '@nigehban/domain/api/notice-types.ts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { MailX, RotateCcw } from 'lucide-react';
import { useServerNow } from '../app/services.tsx';
import { Code, useI18n } from '../i18n/i18n.tsx';
import { classNames } from '../ui/class-names.ts';
import controls from '../ui/controls.module.css';
import { EmptyNotice, FaultNotice, LoadingRows } from '../ui/notice.tsx';
import styles from './admin.module.css';
import { noticeApi } from './notice-api.ts';

const states = [null, 'waiting', 'sent', 'dead'] as const;
const askEveryMs = 5_000;

/** What went out, newest first; dead letters can be sent again. */
export function MessageLog(props: {
  readonly state: MessageState | null;
  readonly onState: (state: MessageState | null) => void;
}) {
  const { t } = useI18n();
  const messages = useQuery({
    queryKey: ['notices', 'messages', props.state],
    queryFn: () => noticeApi.messages(props.state),
    refetchInterval: askEveryMs,
  });
  const list = messages.data ?? [];
  return (
    <>
      {/* biome-ignore lint/a11y/useSemanticElements: buttons in a row, no form */}
      <div className={controls.group} role="group" aria-label={t('notices.messages.state')}>
        {states.map((one) => (
          <button
            key={one ?? 'all'}
            type="button"
            aria-pressed={one === props.state}
            onClick={() => props.onState(one)}
          >
            {t(`notices.messages.${one ?? 'all'}`)}
          </button>
        ))}
      </div>
      {messages.isPending && <LoadingRows rows={6} />}
      {messages.isError && (
        <FaultNotice fault={messages.error} onRetry={() => void messages.refetch()} />
      )}
      {messages.isSuccess && list.length === 0 && (
        <EmptyNotice icon={<MailX aria-hidden="true" />} title={t('notices.messages.none')} />
      )}
      {list.length > 0 && (
        <section className={styles.scroll} aria-label={t('notices.tab.messages')}>
          <table className={classNames(styles.table, styles.stacked)}>
            <thead>
              <tr>
                <th scope="col">{t('notices.messages.time')}</th>
                <th scope="col">{t('notices.messages.to')}</th>
                <th scope="col">{t('notices.messages.subject')}</th>
                <th scope="col">{t('notices.messages.state')}</th>
                <th scope="col">{t('notices.messages.attempts')}</th>
              </tr>
            </thead>
            <tbody>
              {list.map((one) => (
                <MessageRow key={one.id} shown={one} />
              ))}
            </tbody>
          </table>
        </section>
      )}
    </>
  );
}

function MessageRow(props: { readonly shown: MessageView }) {
  const { t, moment } = useI18n();
  const { shown } = props;
  const nowMs = useServerNow(5_000);
  const queries = useQueryClient();
  const retry = useMutation({
    mutationFn: () => noticeApi.retry(shown.id),
    onSettled: () => queries.invalidateQueries({ queryKey: ['notices'] }),
  });
  return (
    <tr data-testid={`message-${shown.state}`}>
      <td>
        <Code>{moment(shown.createdAtMs, nowMs)}</Code>
      </td>
      <td>
        <bdi>{shown.recipient}</bdi>
        <div className={styles.muted}>{t(`notices.channel.${shown.channel}`)}</div>
      </td>
      <td>
        <bdi>{shown.subject}</bdi>
        <div className={styles.muted}>
          {shown.test
            ? t('notices.messages.isTest')
            : t('notices.messages.digest', { count: shown.notices })}
          {shown.heldBack > 0 && <> · {t('notices.messages.held', { count: shown.heldBack })}</>}
        </div>
      </td>
      <td>
        <span className={toneOf(shown.state)}>{t(`notices.messages.${shown.state}`)}</span>
        {shown.reason !== null && (
          <div className={styles.muted}>
            <Code>{shown.reason}</Code>
          </div>
        )}
        {shown.nextAttemptAtMs !== null && shown.attempts > 0 && (
          <div className={styles.muted}>
            {t('notices.messages.next', { time: moment(shown.nextAttemptAtMs, nowMs) })}
          </div>
        )}
      </td>
      <td data-label={t('notices.messages.attempts')}>
        {shown.attempts}
        {shown.state === 'dead' && (
          <div className={styles.actions}>
            <button
              type="button"
              className={controls.button}
              disabled={retry.isPending}
              onClick={() => retry.mutate()}
            >
              <RotateCcw aria-hidden="true" />
              {t('notices.messages.retry')}
            </button>
          </div>
        )}
        {retry.isError && <FaultNotice fault={retry.error} />}
      </td>
    </tr>
  );
}

function toneOf(state: MessageState): string | undefined {
  if (state === 'sent') return styles.good;
  return state === 'dead' ? styles.wrong : styles.muted;
}
