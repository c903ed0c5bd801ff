import type { CameraId } from '@nigehban/domain/camera.ts';
import type { CameraPolicyReport } from '@nigehban/domain/camera-tools.ts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useCan } from '../app/session.ts';
import { Code, useI18n } from '../i18n/i18n.tsx';
import { StatusBadge } from '../status/status-mark.tsx';
import type { StatusTone } from '../status/status-tone.ts';
import controls from '../ui/controls.module.css';
import { FaultNotice } from '../ui/notice.tsx';
import panel from './camera-panel.module.css';
import styles from './policy-panel.module.css';
import { toolApi } from './tool-api.ts';

type Item = CameraPolicyReport['items'][number];

const outcomeTone: Readonly<Record<Item['outcome'], StatusTone>> = {
  'as-wanted': 'ok',
  set: 'ok',
  differs: 'warn',
  refused: 'bad',
  unsupported: 'none',
};

/** How the camera is set against what its policy wants. */
export function PolicyPanel(props: { readonly cameraId: CameraId; readonly nowMs: number }) {
  const { t, moment } = useI18n();
  const { cameraId } = props;
  const mayService = useCan('camera.service');
  const queryClient = useQueryClient();
  const queryKey = ['camera', cameraId, 'policy'];
  const policy = useQuery({ queryKey, queryFn: () => toolApi.policy(cameraId) });
  const apply = useMutation({
    mutationFn: (correct: boolean) => toolApi.applyPolicy(cameraId, correct),
    onSuccess: (view) => queryClient.setQueryData(queryKey, view),
  });
  if (policy.data === undefined) return null;
  const { report, passwordPending } = policy.data;
  const hasPolicy = Object.entries(policy.data.policy).some(
    ([name, value]) => value !== undefined && !(name === 'hasPassword' && value === false),
  );
  const press = (correct: boolean) => () => {
    if (!apply.isPending) apply.mutate(correct);
  };
  return (
    <section className={panel.panel} aria-busy={apply.isPending} data-testid="policy-panel">
      <h2>{t('policy.title')}</h2>
      {!hasPolicy && <p className={panel.muted}>{t('policy.none')}</p>}
      {hasPolicy && report === null && <p className={panel.muted}>{t('policy.never')}</p>}
      {passwordPending && <p className={panel.warning}>{t('policy.pending')}</p>}
      {report !== null && (
        <>
          <p className={panel.statusLine}>
            <StatusBadge
              tone={report.fault !== null ? 'bad' : report.differs === 0 ? 'ok' : 'warn'}
            >
              {report.fault !== null
                ? t(`fault.${report.fault}`)
                : report.differs === 0
                  ? t('policy.same')
                  : t('policy.differs', { count: report.differs })}
            </StatusBadge>
            <span className={panel.muted}>
              {t('policy.checked', { time: moment(report.checkedAtMs, props.nowMs) })}
            </span>
          </p>
          {report.items.length > 0 && <PolicyItems items={report.items} />}
        </>
      )}
      {apply.isError && <FaultNotice fault={apply.error} />}
      {mayService && hasPolicy && (
        <div className={panel.tools}>
          <button
            type="button"
            className={controls.button}
            aria-disabled={apply.isPending}
            onClick={press(false)}
            data-testid="policy-check"
          >
            {t('policy.check')}
          </button>
          <button
            type="button"
            className={controls.button}
            aria-disabled={apply.isPending}
            onClick={press(true)}
            data-testid="policy-correct"
          >
            {t('policy.correct')}
          </button>
        </div>
      )}
    </section>
  );
}

function PolicyItems(props: { readonly items: readonly Item[] }) {
  const { t } = useI18n();
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling area must be reachable by keys
    <section className={panel.tableScroll} tabIndex={0} aria-label={t('policy.title')}>
      <table className={styles.policy}>
        <thead>
          <tr>
            <th scope="col">{t('policy.item')}</th>
            <th scope="col">{t('policy.wanted')}</th>
            <th scope="col">{t('policy.found')}</th>
            <th scope="col">{t('policy.outcome')}</th>
          </tr>
        </thead>
        <tbody>
          {props.items.map((item) => (
            <tr key={item.item} data-outcome={item.outcome}>
              <th scope="row">
                <Code>{item.item}</Code>
              </th>
              <td>
                <Code>{item.wanted}</Code>
              </td>
              <td>
                <Code>{item.found ?? '–'}</Code>
              </td>
              <td>
                <StatusBadge tone={outcomeTone[item.outcome]}>
                  {t(`policy.outcome.${item.outcome}`)}
                </StatusBadge>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
