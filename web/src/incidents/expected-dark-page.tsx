import type { ExpectedDarkView } from '@nigehban/domain/api/alert-types.ts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { MoonStar, Pencil, Plus, X } from 'lucide-react';
import { useState } from 'react';
import admin from '../admin/admin.module.css';
import { districtsQuery } from '../admin/districts.ts';
import { alertApi } from '../alerts/alert-api.ts';
import { SectionTabs } from '../alerts/section-tabs.tsx';
import { useServerNow, useServices } from '../app/services.tsx';
import { useCan } from '../app/session.ts';
import { Code, useI18n } from '../i18n/i18n.tsx';
import { classNames } from '../ui/class-names.ts';
import controls from '../ui/controls.module.css';
import { EmptyNotice, FaultNotice, LoadingRows } from '../ui/notice.tsx';
import { ScrollBox } from '../ui/scroll-box.tsx';
import { type DarkState, stateOf } from './dark-draft.ts';
import { DarkForm } from './dark-form.tsx';
import styles from './expected-dark.module.css';

const route = getRouteApi('/expected-dark');

/** Announced darkness: load-shedding, network cuts, maintenance, silences. It is seen and pages nobody. */
export function ExpectedDarkPage() {
  const { t } = useI18n();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const mayManage = useCan('alert.manage');
  const [editing, setEditing] = useState<ExpectedDarkView | 'new' | null>(
    search.scope !== undefined && mayManage ? 'new' : null,
  );
  const all = search.all === true;
  const list = useQuery({
    queryKey: ['expected-dark', all],
    queryFn: () => alertApi.expectedDark(all),
    refetchInterval: 30_000,
  });
  const done = (): void => {
    setEditing(null);
    void navigate({ search: all ? { all } : {}, replace: true });
  };
  const retry = () => void list.refetch();
  return (
    <div className={admin.page}>
      <div className={admin.toolbar}>
        <h1>{t('expected.title')}</h1>
        <SectionTabs />
        <span className={admin.spacer} />
        {/* biome-ignore lint/a11y/useSemanticElements: buttons in a row, no form */}
        <div className={controls.group} role="group" aria-label={t('alerts.filter')}>
          <button type="button" aria-pressed={!all} onClick={() => void navigate({ search: {} })}>
            {t('expected.filter.current')}
          </button>
          <button
            type="button"
            aria-pressed={all}
            onClick={() => void navigate({ search: { all: true } })}
          >
            {t('expected.filter.all')}
          </button>
        </div>
        {mayManage && (
          <button
            type="button"
            className={classNames(controls.button, controls.primary)}
            onClick={() => setEditing('new')}
            data-testid="expected-add"
          >
            <Plus aria-hidden="true" />
            {t('expected.add')}
          </button>
        )}
      </div>
      <p className={admin.muted}>{t('expected.about')}</p>
      {list.isError && <FaultNotice fault={list.error} onRetry={retry} />}
      {list.data === undefined ? (
        !list.isError && <LoadingRows rows={4} />
      ) : list.data.length === 0 ? (
        <EmptyNotice icon={<MoonStar aria-hidden="true" />} title={t('expected.empty')} />
      ) : (
        <DarkTable list={list.data} mayManage={mayManage} onChange={setEditing} />
      )}
      {editing !== null && (
        <DarkForm
          known={editing === 'new' ? null : editing}
          scope={search.scope === undefined ? null : { kind: search.scope, key: search.key ?? '' }}
          onClose={done}
        />
      )}
    </div>
  );
}

function DarkTable(props: {
  readonly list: readonly ExpectedDarkView[];
  readonly mayManage: boolean;
  readonly onChange: (view: ExpectedDarkView) => void;
}) {
  const { t } = useI18n();
  return (
    <ScrollBox label={t('expected.title')}>
      <table className={classNames(admin.table, admin.stacked)}>
        <thead>
          <tr>
            <th scope="col">{t('expected.column.state')}</th>
            <th scope="col">{t('expected.column.kind')}</th>
            <th scope="col">{t('expected.column.scope')}</th>
            <th scope="col">{t('expected.column.time')}</th>
            <th scope="col">{t('expected.column.reason')}</th>
            <th scope="col">{t('expected.column.alerts')}</th>
            {props.mayManage && <th scope="col">{t('expected.column.actions')}</th>}
          </tr>
        </thead>
        <tbody>
          {props.list.map((view) => (
            <DarkRow
              key={view.id}
              view={view}
              mayManage={props.mayManage}
              onChange={() => props.onChange(view)}
            />
          ))}
        </tbody>
      </table>
    </ScrollBox>
  );
}

const stateClass: Readonly<Record<DarkState, string | undefined>> = {
  'in-force': styles.inForce,
  ahead: styles.ahead,
  over: styles.over,
  cancelled: styles.over,
};

function DarkRow(props: {
  readonly view: ExpectedDarkView;
  readonly mayManage: boolean;
  readonly onChange: () => void;
}) {
  const { t, moment } = useI18n();
  const { store } = useServices();
  const nowMs = useServerNow(10_000);
  const queries = useQueryClient();
  const [asking, setAsking] = useState(false);
  const { view } = props;
  const state = stateOf(view, nowMs);
  const cancel = useMutation({
    mutationFn: () => alertApi.cancelExpectedDark(view.id),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['expected-dark'] }),
  });
  const { data: districts } = useQuery(districtsQuery);
  const { pick } = useI18n();
  const { kind, key } = view.scope;
  const district = districts?.find((one) => one.code === key);
  const station = kind === 'station' ? store.station(key) : null;
  const changeable = state === 'in-force' || state === 'ahead';
  return (
    <tr data-testid="expected-row" data-state={state}>
      <td>
        <span className={classNames(styles.state, stateClass[state])}>
          {t(`expected.state.${state}`)}
        </span>
        {view.cancelledBy !== null && <div className={admin.muted}>{view.cancelledBy}</div>}
      </td>
      <td>{t(`expected.kind.${view.kind}`)}</td>
      <td>
        {t(`expected.scope.${kind}`)}
        {key !== '' && (
          <div>
            {kind === 'district' && district !== undefined ? (
              pick(district.name, district.nameUr)
            ) : (
              <Code>{key}</Code>
            )}
            {station !== null && (
              <div className={admin.muted}>{pick(station.name, station.nameUr)}</div>
            )}
          </div>
        )}
      </td>
      <td>
        {moment(view.startsAtMs, nowMs)} – {moment(view.endsAtMs, nowMs)}
      </td>
      <td>
        <span dir="auto">{view.reason}</span>
        <div className={admin.muted}>{view.createdBy}</div>
      </td>
      <td data-label={t('expected.column.alerts')}>{view.alerts}</td>
      {props.mayManage && (
        <td>
          {changeable && (
            <div className={styles.actions}>
              <button
                type="button"
                className={classNames(controls.button, controls.icon)}
                aria-label={t('expected.change')}
                title={t('expected.change')}
                onClick={props.onChange}
              >
                <Pencil aria-hidden="true" />
              </button>
              {asking ? (
                <button
                  type="button"
                  className={controls.button}
                  disabled={cancel.isPending}
                  onClick={() => cancel.mutate()}
                  onBlur={() => setAsking(false)}
                  ref={(button) => button?.focus()}
                  data-testid="expected-cancel-sure"
                >
                  {t('expected.cancel.sure')}
                </button>
              ) : (
                <button
                  type="button"
                  className={classNames(controls.button, controls.icon)}
                  aria-label={t('expected.cancel')}
                  title={t('expected.cancel')}
                  onClick={() => setAsking(true)}
                  data-testid="expected-cancel"
                >
                  <X aria-hidden="true" />
                </button>
              )}
            </div>
          )}
          {cancel.isError && <FaultNotice fault={cancel.error} />}
        </td>
      )}
    </tr>
  );
}
