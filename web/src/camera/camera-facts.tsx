import type { CameraDetail } from '@nigehban/domain/api/http-types.ts';
import type { ReactNode } from 'react';
import { Code, useI18n } from '../i18n/i18n.tsx';
import { localeOf } from '../i18n/messages.ts';
import styles from './camera-facts.module.css';
import panel from './camera-panel.module.css';

/** Closer than this, two clocks are called equal: below the accuracy of sender reports. */
const rightWithinMs = 500;

/** What the camera is: device, streams, clock, counters. */
export function CameraFacts(props: { readonly detail: CameraDetail }) {
  const { t, language } = useI18n();
  const { detail } = props;
  const { identity } = detail;
  const recorder = detail.counters.find((row) => row.recorder !== undefined)?.recorder;
  const number = new Intl.NumberFormat(localeOf[language]);
  return (
    <>
      <section className={panel.panel}>
        <h2>{t('camera.identity')}</h2>
        {identity === null ? (
          <p className={panel.muted}>{t('camera.identity.none')}</p>
        ) : (
          <dl className={panel.rows}>
            <Fact name={t('camera.manufacturer')} value={identity.manufacturer} />
            <Fact name={t('camera.model')} value={identity.model} />
            <Fact name={t('camera.firmware')} value={identity.firmware} />
            <Fact name={t('camera.serial')} value={identity.serial} />
            <Fact name={t('camera.mac')} value={identity.mac} />
            <Fact name={t('camera.address')} value={detail.address} />
          </dl>
        )}
        <ClockFact offsetMs={detail.clockOffsetMs} />
      </section>
      <section className={panel.panel}>
        <h2>{t('camera.streams')}</h2>
        <ul className={styles.streams}>
          {detail.streams.map((stream) => (
            <li key={stream.quality}>
              <span>{t(`camera.stream.${stream.quality}`)}</span>
              <Code>
                {stream.codec} {stream.widthPx}×{stream.heightPx}
                {stream.frameRateFps !== null && ` @ ${stream.frameRateFps}`}
              </Code>
            </li>
          ))}
        </ul>
        {detail.counters.length === 0 ? (
          <p className={panel.muted}>{t('camera.counters.none')}</p>
        ) : (
          <div className={panel.tableScroll}>
            <table className={styles.table}>
              <caption>{t('camera.counters')}</caption>
              <thead>
                <tr>
                  <th scope="col">{t('camera.streams')}</th>
                  <th scope="col">{t('camera.counter.packets')}</th>
                  <th scope="col">{t('camera.counter.lost')}</th>
                  <th scope="col">{t('camera.counter.jitter')}</th>
                  <th scope="col">{t('camera.counter.bytes')}</th>
                  <th scope="col">{t('camera.counter.viewers')}</th>
                </tr>
              </thead>
              <tbody>
                {detail.counters.map((row) => (
                  <tr key={row.quality}>
                    <th scope="row">{t(`camera.stream.${row.quality}`)}</th>
                    <td>{number.format(row.packets)}</td>
                    <td>{number.format(row.lost)}</td>
                    <td>
                      <Code>{row.jitterMs.toFixed(1)} ms</Code>
                    </td>
                    <td>
                      <Code>{(row.bytes / 1_048_576).toFixed(0)} MiB</Code>
                    </td>
                    <td>{number.format(row.viewers)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
        {recorder !== undefined && (
          <dl className={panel.rows} data-testid="recorder-counters">
            <Fact name={t('camera.counter.frames')} value={number.format(recorder.frames)} />
            <Fact
              name={t('camera.counter.keyFrameInterval')}
              value={
                recorder.keyFrameIntervalMs === null
                  ? null
                  : `${(recorder.keyFrameIntervalMs / 1000).toFixed(1)} s`
              }
            />
            <Fact
              name={t('camera.counter.damaged')}
              value={number.format(recorder.damagedFrames)}
            />
            <Fact name={t('camera.counter.restarts')} value={number.format(recorder.restarts)} />
            <Fact
              name={t('camera.counter.diskLag')}
              value={`${(recorder.queuedForMs / 1000).toFixed(1)} s, ${(recorder.queuedBytes / 1024).toFixed(0)} KiB`}
            />
          </dl>
        )}
      </section>
    </>
  );
}

function Fact(props: { readonly name: string; readonly value: string | null }): ReactNode {
  if (props.value === null) return null;
  return (
    <div>
      <dt>{props.name}</dt>
      <dd>
        <Code>{props.value}</Code>
      </dd>
    </div>
  );
}

function ClockFact(props: { readonly offsetMs: number | null }) {
  const { t, age } = useI18n();
  const { offsetMs } = props;
  if (offsetMs === null) return null;
  const size = Math.abs(offsetMs);
  const right = size < rightWithinMs;
  const value = size < 120_000 ? `${(size / 1000).toFixed(1)} s` : age(size);
  const key = right
    ? 'camera.clock.right'
    : offsetMs > 0
      ? 'camera.clock.ahead'
      : 'camera.clock.behind';
  return (
    <p className={right ? panel.muted : panel.warning}>
      {t('camera.clockOffset')}: {t(key, { value: right ? `${rightWithinMs / 1000} s` : value })}
    </p>
  );
}
