import type { PlanDraftReport, PlanDraftView } from '@nigehban/domain/api/plan-types.ts';
import type { PlanIssueCode } from '@nigehban/domain/plan-issues.ts';
import { useState } from 'react';
import { useI18n } from '../i18n/i18n.tsx';
import controls from '../ui/controls.module.css';
import { ApplyPanel } from './apply-panel.tsx';
import styles from './check-view.module.css';
import { DistrictTable } from './district-table.tsx';
import { IssueList } from './issue-list.tsx';
import { MappingForm } from './mapping-form.tsx';
import panel from './plan-panel.module.css';

/** The dry run: what would happen, district by district, and everything that is wrong. */
export function CheckView(props: { readonly draft: PlanDraftView }) {
  const { t } = useI18n();
  const { draft } = props;
  const [remaps, setRemaps] = useState(false);
  const [district, setDistrict] = useState<string | null>(null);
  const [setAside, setSetAside] = useState<ReadonlySet<PlanIssueCode>>(new Set());
  const { report } = draft;
  if (report === null) return null;
  if (remaps) return <MappingForm draft={draft} onCancel={() => setRemaps(false)} />;
  const toggle = (code: PlanIssueCode): void =>
    setSetAside((former) => {
      const after = new Set(former);
      if (!after.delete(code)) after.add(code);
      return after;
    });
  return (
    <>
      <p className={panel.muted}>
        {t(draft.mappingRemembered ? 'plan.mapping.remembered' : 'plan.mapping.recognised', {
          count: Object.keys(draft.mapping).length,
          of: draft.header.length,
        })}{' '}
        <button
          type="button"
          className={panel.link}
          data-testid="plan-remap"
          onClick={() => setRemaps(true)}
        >
          {t('plan.mapping.change')}
        </button>
        {draft.edits > 0 && <> · {t('plan.edits', { count: draft.edits })}</>}
      </p>
      <Counts report={report} />
      <ApplyPanel draft={draft} report={report} setAside={setAside} />
      <div className={styles.columns}>
        <IssueList
          key={draft.revision}
          draft={draft}
          report={report}
          district={district}
          onDistrict={setDistrict}
          setAside={setAside}
          onToggle={toggle}
        />
        <DistrictTable report={report} chosen={district} onChoose={setDistrict} />
      </div>
    </>
  );
}

const shownCounts = ['added', 'changed', 'moved', 'removed', 'unchanged', 'invalid'] as const;

function Counts(props: { readonly report: PlanDraftReport }) {
  const { t } = useI18n();
  const { cameras, stations } = props.report;
  return (
    <dl className={styles.counts} data-testid="plan-counts">
      {shownCounts.map((key) => (
        <div key={key} data-kind={key} data-empty={cameras[key] === 0}>
          <dt>{t(`plan.count.${key}`)}</dt>
          <dd data-testid={`plan-count-${key}`}>{cameras[key]}</dd>
        </div>
      ))}
      <div data-kind="stations">
        <dt>{t('plan.count.stations')}</dt>
        <dd>
          {stations.total}{' '}
          <small className={controls.visuallyHidden}>
            {t('plan.count.stationsDetail', {
              added: stations.added,
              changed: stations.changed,
            })}
          </small>
        </dd>
      </div>
    </dl>
  );
}
