import type { CameraView } from '@nigehban/domain/api/http-types.ts';
import type { AssignmentView } from '@nigehban/domain/api/lifecycle-types.ts';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { ArrowLeftRight, PackageMinus, Truck } from 'lucide-react';
import { useState } from 'react';
import { useCan } from '../app/session.ts';
import { Code, useI18n } from '../i18n/i18n.tsx';
import controls from '../ui/controls.module.css';
import { FaultNotice } from '../ui/notice.tsx';
import { AssignmentDialog, type AssignmentStep } from './assignment-dialog.tsx';
import own from './assignments-panel.module.css';
import { placementName } from './camera-names.ts';
import panel from './camera-panel.module.css';
import { toolApi } from './tool-api.ts';

/** Where the camera served, from when to when, by whose decision; and how it leaves. */
export function AssignmentsPanel(props: { readonly camera: CameraView; readonly nowMs: number }) {
  const { t } = useI18n();
  const { camera } = props;
  const mayRegister = useCan('camera.register');
  const [step, setStep] = useState<AssignmentStep | null>(null);
  const history = useQuery({
    queryKey: ['camera', camera.id, 'assignments'],
    queryFn: () => toolApi.history(camera.id),
  });
  return (
    <section className={panel.panel} data-testid="assignments">
      <h2>{t('assignment.title')}</h2>
      {history.isError && <FaultNotice fault={history.error} />}
      <ol className={own.assignments}>
        {history.data?.assignments.map((one) => (
          <Assignment key={one.id} assignment={one} nowMs={props.nowMs} />
        ))}
      </ol>
      {mayRegister && history.data?.asset.lifecycle === 'in-service' && (
        <div className={panel.tools}>
          <button
            type="button"
            className={controls.button}
            onClick={() => setStep('transfer')}
            data-testid="assignment-transfer"
          >
            <Truck aria-hidden="true" data-directional="true" />
            {t('assignment.transfer')}
          </button>
          <button
            type="button"
            className={controls.button}
            onClick={() => setStep('replace')}
            data-testid="assignment-replace"
          >
            <ArrowLeftRight aria-hidden="true" />
            {t('assignment.replace')}
          </button>
          <button
            type="button"
            className={controls.button}
            onClick={() => setStep('retire')}
            data-testid="assignment-retire"
          >
            <PackageMinus aria-hidden="true" />
            {t('assignment.retire')}
          </button>
        </div>
      )}
      {step !== null && (
        <AssignmentDialog step={step} camera={camera} onClose={() => setStep(null)} />
      )}
    </section>
  );
}

function Assignment(props: { readonly assignment: AssignmentView; readonly nowMs: number }) {
  const { t, pick, moment } = useI18n();
  const { assignment, nowMs } = props;
  const { fromMs, toMs } = assignment;
  return (
    <li data-current={toMs === null}>
      <Link to="/stations/$code" params={{ code: assignment.stationCode }}>
        {pick(assignment.stationName, assignment.stationNameUr)}
      </Link>
      <span>
        {placementName(assignment, t)} <Code className={panel.code}>{assignment.stationCode}</Code>
      </span>
      <span className={panel.muted}>
        {toMs === null
          ? t('assignment.lasts', { from: moment(fromMs, nowMs) })
          : t('assignment.ended', { from: moment(fromMs, nowMs), to: moment(toMs, nowMs) })}
      </span>
      {assignment.approvedBy !== null && (
        <span className={panel.muted}>
          {t('assignment.by', { by: assignment.approvedBy, reason: assignment.reason ?? '' })}
        </span>
      )}
      {assignment.endedHow !== null && (
        <span className={panel.muted}>
          {t(`assignment.end.${assignment.endedHow}`)}
          {assignment.endedBy !== null && (
            <>
              {' '}
              {t('assignment.by', { by: assignment.endedBy, reason: assignment.endReason ?? '' })}
            </>
          )}
        </span>
      )}
    </li>
  );
}
