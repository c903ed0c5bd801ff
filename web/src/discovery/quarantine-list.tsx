import type { QuarantineReason, QuarantineView } from '@nigehban/domain/api/discovery-types.ts';
import { useMutation } from '@tanstack/react-query';
import { PackageCheck } from 'lucide-react';
import { useState } from 'react';
import { useServerNow } from '../app/services.tsx';
import { Code, useI18n } from '../i18n/i18n.tsx';
import { StatusBadge } from '../status/status-mark.tsx';
import type { StatusTone } from '../status/status-tone.ts';
import controls from '../ui/controls.module.css';
import { Dialog } from '../ui/dialog.tsx';
import { EmptyNotice, FaultNotice } from '../ui/notice.tsx';
import { BindDialog } from './bind-dialog.tsx';
import { discoveryApi } from './discovery-api.ts';
import styles from './discovery-page.module.css';

/** Swapped and contradicting cameras first: footage may be going to the wrong station. */
const urgency: Readonly<Record<QuarantineReason, number>> = {
  replaced: 0,
  conflict: 1,
  'credentials-refused': 2,
  'no-identity': 3,
  'not-in-plan': 4,
  unusable: 5,
};
const reasonTone: Readonly<Record<QuarantineReason, StatusTone>> = {
  replaced: 'bad',
  conflict: 'bad',
  'credentials-refused': 'warn',
  'no-identity': 'warn',
  'not-in-plan': 'pending',
  unusable: 'warn',
};

/** Devices that were found and wait for a person: put into the plan, or ignored. */
export function QuarantineList(props: {
  readonly devices: readonly QuarantineView[];
  readonly onChanged: (devices: readonly QuarantineView[]) => void;
}) {
  const { t } = useI18n();
  const nowMs = useServerNow(10_000);
  const [asked, setAsked] = useState<{
    readonly step: 'bind' | 'ignore';
    readonly device: QuarantineView;
  } | null>(null);
  const ordered = props.devices.toSorted(
    (a, b) => urgency[a.reason] - urgency[b.reason] || b.lastSeenMs - a.lastSeenMs,
  );
  const change = (devices: readonly QuarantineView[]): void => {
    setAsked(null);
    props.onChanged(devices);
  };
  return (
    <section className={styles.panel} aria-labelledby="quarantine">
      <h2 id="quarantine">
        {t('quarantine.title')}
        {ordered.length > 0 && <span className={styles.badge}>{ordered.length}</span>}
      </h2>
      {ordered.length === 0 && (
        <EmptyNotice
          icon={<PackageCheck aria-hidden="true" />}
          title={t('quarantine.none.title')}
          text={t('quarantine.none.text')}
        />
      )}
      <ul className={styles.devices}>
        {ordered.map((device) => (
          <li key={device.id}>
            <Device device={device} nowMs={nowMs} onAsk={(step) => setAsked({ step, device })} />
          </li>
        ))}
      </ul>
      {asked?.step === 'bind' && (
        <BindDialog device={asked.device} onBound={change} onClose={() => setAsked(null)} />
      )}
      {asked?.step === 'ignore' && (
        <IgnoreDialog device={asked.device} onIgnored={change} onClose={() => setAsked(null)} />
      )}
    </section>
  );
}

function Device(props: {
  readonly device: QuarantineView;
  readonly nowMs: number;
  readonly onAsk: (step: 'bind' | 'ignore') => void;
}) {
  const { t, moment } = useI18n();
  const { device } = props;
  const { identity } = device;
  return (
    <article
      className={styles.device}
      data-testid="quarantine-device"
      data-reason={device.reason}
      data-address={device.address}
    >
      <div className={styles.runHead}>
        <StatusBadge tone={reasonTone[device.reason]}>
          {t(`quarantine.reason.${device.reason}`)}
        </StatusBadge>
        <span className={styles.muted}>
          {t('quarantine.seen', { time: moment(device.lastSeenMs, props.nowMs) })}
        </span>
      </div>
      <p className={styles.identity}>
        <Code>
          {device.address}:{device.onvifPort}
        </Code>
        {identity !== null && (
          <Code>
            {[identity.manufacturer, identity.model, identity.serial ?? identity.mac]
              .filter(Boolean)
              .join(' · ')}
          </Code>
        )}
      </p>
      <Code className={styles.evidence}>{device.evidence}</Code>
      <p>
        <strong>{t('check.next')}</strong> {t(`quarantine.next.${device.reason}`)}
      </p>
      {device.candidates.length > 0 && (
        <p className={styles.identity}>
          <span className={styles.muted}>{t('quarantine.bind.candidates')}</span>
          {device.candidates.map((code) => (
            <Code key={code}>{code}</Code>
          ))}
        </p>
      )}
      <div className={styles.actions}>
        <button
          type="button"
          className={controls.button}
          onClick={() => props.onAsk('bind')}
          data-testid="quarantine-bind"
        >
          {t('quarantine.bind')}
        </button>
        <button
          type="button"
          className={controls.button}
          onClick={() => props.onAsk('ignore')}
          data-testid="quarantine-ignore"
        >
          {t('quarantine.ignore')}
        </button>
      </div>
    </article>
  );
}

function IgnoreDialog(props: {
  readonly device: QuarantineView;
  readonly onIgnored: (devices: readonly QuarantineView[]) => void;
  readonly onClose: () => void;
}) {
  const { t } = useI18n();
  const ignore = useMutation({
    mutationFn: () => discoveryApi.ignore(props.device.id),
    onSuccess: props.onIgnored,
  });
  return (
    <Dialog title={t('quarantine.ignore.title')} onClose={props.onClose}>
      <div className={styles.dialog}>
        <Code>{props.device.address}</Code>
        <p className={styles.prose}>{t('quarantine.ignore.text')}</p>
        {ignore.isError && <FaultNotice fault={ignore.error} />}
        <div className={styles.actions}>
          <button
            type="button"
            className={controls.button}
            onClick={props.onClose}
            data-first-focus
          >
            {t('camera.cancel')}
          </button>
          <button
            type="button"
            className={controls.button}
            aria-disabled={ignore.isPending}
            onClick={() => {
              if (!ignore.isPending) ignore.mutate();
            }}
            data-testid="ignore-confirm"
          >
            {t('quarantine.ignore')}
          </button>
        </div>
      </div>
    </Dialog>
  );
}
