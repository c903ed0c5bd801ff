import type { RecipientView } from '@nigehban/domain/api/notice-types.ts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { BellOff, Pencil, Plus, Send, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { useServerNow } from '../app/services.tsx';
import { Code, useI18n } from '../i18n/i18n.tsx';
import { classNames } from '../ui/class-names.ts';
import controls from '../ui/controls.module.css';
import { Dialog } from '../ui/dialog.tsx';
import { EmptyNotice, FaultNotice, LoadingRows } from '../ui/notice.tsx';
import styles from './admin.module.css';
import { districtsQuery } from './districts.ts';
import { noticeApi } from './notice-api.ts';
import { clockOf } from './recipient-draft.ts';
import { RecipientForm } from './recipient-form.tsx';

const askEveryMs = 10_000;

/** The recipients as cards, each with how it stands. */
export function RecipientList() {
  const { t } = useI18n();
  const [editing, setEditing] = useState<RecipientView | 'new' | null>(null);
  const recipients = useQuery({
    queryKey: ['notices', 'recipients'],
    queryFn: noticeApi.recipients,
    refetchInterval: askEveryMs,
  });
  const list = recipients.data ?? [];
  return (
    <>
      <div className={styles.toolbar}>
        <button
          type="button"
          className={classNames(controls.button, controls.primary)}
          onClick={() => setEditing('new')}
          data-testid="recipient-add"
        >
          <Plus aria-hidden="true" />
          {t('notices.add')}
        </button>
      </div>
      {recipients.isPending && <LoadingRows rows={3} />}
      {recipients.isError && (
        <FaultNotice fault={recipients.error} onRetry={() => void recipients.refetch()} />
      )}
      {recipients.isSuccess && list.length === 0 && (
        <EmptyNotice
          icon={<BellOff aria-hidden="true" />}
          title={t('notices.none')}
          text={t('notices.none.text')}
        />
      )}
      <ul className={styles.cards}>
        {list.map((one) => (
          <RecipientCard key={one.id} shown={one} onEdit={() => setEditing(one)} />
        ))}
      </ul>
      {editing !== null && (
        <RecipientForm
          known={editing === 'new' ? null : editing}
          onClose={() => setEditing(null)}
        />
      )}
    </>
  );
}

function RecipientCard(props: { readonly shown: RecipientView; readonly onEdit: () => void }) {
  const { t, pick, moment } = useI18n();
  const { shown } = props;
  const nowMs = useServerNow(5_000);
  const queries = useQueryClient();
  const districts = useQuery(districtsQuery);
  const [removing, setRemoving] = useState(false);
  const refresh = () => queries.invalidateQueries({ queryKey: ['notices'] });
  const test = useMutation({ mutationFn: () => noticeApi.test(shown.id), onSettled: refresh });
  const remove = useMutation({
    mutationFn: () => noticeApi.remove(shown.id),
    onSettled: refresh,
  });
  const district = districts.data?.find((one) => one.code === shown.districtCode);
  const territory =
    district === undefined
      ? (shown.division ?? shown.districtCode)
      : pick(district.name, district.nameUr);
  return (
    <li className={styles.card} data-testid="recipient">
      <header>
        <h2>
          <bdi>{shown.name}</bdi>
        </h2>
        <span className={styles.tag}>{t(`notices.channel.${shown.channel}`)}</span>
        {!shown.enabled && <span className={styles.tag}>{t('notices.disabled')}</span>}
      </header>
      <Code className={styles.muted}>{shown.targetHint}</Code>
      <dl>
        <dt>{t('notices.level')}</dt>
        <dd>
          {t(`notices.level.${shown.level}`)}
          {territory !== null && <> · {territory}</>}
        </dd>
        <dt>{t('notices.minSeverity')}</dt>
        <dd>{t(`notices.severity.${shown.minSeverity}`)}</dd>
        <dt>{t('notices.limit')}</dt>
        <dd>
          {t('notices.limit.text', {
            messages: shown.limitMessages,
            minutes: Math.round(shown.limitWindowMs / 60_000),
          })}
        </dd>
        {shown.quiet !== null && (
          <>
            <dt>{t('notices.quiet')}</dt>
            <dd>
              <Code>
                {clockOf(shown.quiet.fromMinute)}–{clockOf(shown.quiet.toMinute)}
              </Code>
            </dd>
          </>
        )}
        <dt>{t('notices.shifts')}</dt>
        <dd>
          {shown.shifts.length === 0
            ? t('notices.shifts.none')
            : t('notices.shifts.count', { count: shown.shifts.length })}
        </dd>
        <dt>{t('notices.waiting')}</dt>
        <dd>{shown.waiting}</dd>
        <dt>{t('notices.lastSent')}</dt>
        <dd>
          {shown.lastSentAtMs === null ? (
            t('notices.never')
          ) : (
            <Code>{moment(shown.lastSentAtMs, nowMs)}</Code>
          )}
        </dd>
        {shown.lastFault !== null && (
          <>
            <dt>{t('notices.lastFault')}</dt>
            <dd className={styles.wrong}>
              <Code>{shown.lastFault}</Code>
            </dd>
          </>
        )}
      </dl>
      {test.isSuccess && (
        <p
          role="status"
          className={test.data.outcome === 'sent' ? styles.good : styles.wrong}
          data-testid="recipient-test-result"
        >
          {t(test.data.outcome === 'sent' ? 'notices.test.sent' : 'notices.test.failed', {
            detail: test.data.detail,
          })}
        </p>
      )}
      {test.isError && <FaultNotice fault={test.error} />}
      {remove.isError && <FaultNotice fault={remove.error} />}
      <div className={styles.actions}>
        <button
          type="button"
          className={controls.button}
          disabled={test.isPending}
          onClick={() => test.mutate()}
          data-testid="recipient-test"
        >
          <Send aria-hidden="true" />
          {t('notices.test')}
        </button>
        <button type="button" className={controls.button} onClick={props.onEdit}>
          <Pencil aria-hidden="true" />
          {t('notices.edit')}
        </button>
        <button
          type="button"
          className={classNames(controls.button, controls.quiet)}
          onClick={() => setRemoving(true)}
        >
          <Trash2 aria-hidden="true" />
          {t('notices.remove')}
        </button>
      </div>
      {removing && (
        <Dialog title={t('notices.remove')} onClose={() => setRemoving(false)}>
          <p>{t('notices.remove.ask', { name: shown.name })}</p>
          <div className={styles.actions}>
            <button
              type="button"
              className={classNames(controls.button, controls.primary)}
              data-first-focus
              onClick={() => {
                setRemoving(false);
                remove.mutate();
              }}
            >
              {t('notices.remove')}
            </button>
            <button type="button" className={controls.button} onClick={() => setRemoving(false)}>
              {t('notices.cancel')}
            </button>
          </div>
        </Dialog>
      )}
    </li>
  );
}
