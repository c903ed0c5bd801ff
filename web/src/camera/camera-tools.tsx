import type { TimeView } from '@nigehban/domain/api/tool-types.ts';
import type { CameraId } from '@nigehban/domain/camera.ts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Camera, Clock, KeyRound, Power, RadioTower, Stethoscope } from 'lucide-react';
import { type ReactNode, useEffect, useMemo, useState } from 'react';
import { useCan } from '../app/session.ts';
import { Code, useI18n } from '../i18n/i18n.tsx';
import type { MessageKey } from '../i18n/messages.ts';
import { StatusMark } from '../status/status-mark.tsx';
import controls from '../ui/controls.module.css';
import { FaultNotice } from '../ui/notice.tsx';
import panel from './camera-panel.module.css';
import { CredentialsDialog } from './credentials-dialog.tsx';
import { ProbeAnswers } from './probe-answers.tsx';
import { RebootDialog } from './reboot-dialog.tsx';
import styles from './tool-answers.module.css';
import { toolApi } from './tool-api.ts';

/** What a technician below the camera can ask of it; each use is audited. */
export function CameraTools(props: { readonly cameraId: CameraId; readonly code: string }) {
  const { t } = useI18n();
  const { cameraId, code } = props;
  const mayWatch = useCan('live.watch');
  const mayService = useCan('camera.service');
  const queryClient = useQueryClient();
  const [dialog, setDialog] = useState<'reboot' | 'credentials' | null>(null);
  const tool = useMutation({
    mutationFn: (name: ToolName) => askTool(name, cameraId),
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['camera', cameraId] }),
  });
  const run = (name: ToolName) => () => {
    if (!tool.isPending) tool.mutate(name);
  };
  return (
    <section className={panel.panel} aria-busy={tool.isPending}>
      <h2>{t('camera.tools')}</h2>
      <div className={panel.tools}>
        {mayWatch && (
          <ToolButton
            icon={<Camera aria-hidden="true" />}
            text="camera.tools.snapshot"
            busy={tool.isPending}
            onPress={run('snapshot')}
            testId="tool-snapshot"
          />
        )}
        <ToolButton
          icon={<RadioTower aria-hidden="true" />}
          text="camera.tools.ping"
          busy={tool.isPending}
          onPress={run('ping')}
          testId="tool-ping"
        />
        <ToolButton
          icon={<Stethoscope aria-hidden="true" />}
          text="camera.probe"
          busy={tool.isPending}
          onPress={run('probe')}
          testId="camera-probe"
        />
        {mayService && (
          <>
            <ToolButton
              icon={<Clock aria-hidden="true" />}
              text="camera.tools.time"
              busy={tool.isPending}
              onPress={run('time')}
              testId="tool-time"
            />
            <ToolButton
              icon={<KeyRound aria-hidden="true" />}
              text="camera.tools.credentials"
              busy={tool.isPending}
              onPress={() => setDialog('credentials')}
              testId="tool-credentials"
            />
            <ToolButton
              icon={<Power aria-hidden="true" />}
              text="camera.tools.reboot"
              busy={tool.isPending}
              onPress={() => setDialog('reboot')}
              testId="tool-reboot"
            />
          </>
        )}
      </div>
      <div className={styles.toolResult} role="status">
        {tool.isPending && <p className={panel.muted}>{t('camera.tools.busy')}</p>}
        {tool.data !== undefined && !tool.isPending && (
          <ToolAnswer result={tool.data} code={code} />
        )}
      </div>
      {tool.isError && <FaultNotice fault={tool.error} />}
      {dialog === 'reboot' && (
        <RebootDialog cameraId={cameraId} code={code} onClose={() => setDialog(null)} />
      )}
      {dialog === 'credentials' && (
        <CredentialsDialog cameraId={cameraId} onClose={() => setDialog(null)} />
      )}
    </section>
  );
}

type ToolName = 'snapshot' | 'ping' | 'probe' | 'time';
type ToolResult =
  | { readonly name: 'snapshot'; readonly blob: Blob }
  | { readonly name: 'ping'; readonly answer: Awaited<ReturnType<typeof toolApi.ping>> }
  | { readonly name: 'probe'; readonly answer: Awaited<ReturnType<typeof toolApi.probe>> }
  | { readonly name: 'time'; readonly answer: TimeView };

async function askTool(name: ToolName, id: CameraId): Promise<ToolResult> {
  switch (name) {
    case 'snapshot':
      return { name, blob: await toolApi.snapshot(id) };
    case 'ping':
      return { name, answer: await toolApi.ping(id) };
    case 'probe':
      return { name, answer: await toolApi.probe(id) };
    case 'time':
      return { name, answer: await toolApi.setTime(id) };
  }
}

function ToolButton(props: {
  readonly icon: ReactNode;
  readonly text: MessageKey;
  readonly busy: boolean;
  readonly onPress: () => void;
  readonly testId: string;
}) {
  const { t } = useI18n();
  return (
    <button
      type="button"
      className={controls.button}
      aria-disabled={props.busy}
      onClick={props.onPress}
      data-testid={props.testId}
    >
      {props.icon}
      {t(props.text)}
    </button>
  );
}

function ToolAnswer(props: { readonly result: ToolResult; readonly code: string }) {
  const { t } = useI18n();
  const { result } = props;
  switch (result.name) {
    case 'snapshot':
      return <Snapshot blob={result.blob} code={props.code} />;
    case 'probe':
      return <ProbeAnswers answer={result.answer} />;
    case 'ping':
      return (
        <ul className={styles.calls} data-testid="ping-ports">
          {result.answer.ports.map((port) => (
            <li key={port.port}>
              <StatusMark tone={port.fault === null ? 'ok' : 'bad'} />
              <span>{t('camera.ping.port', { port: String(port.port) })}</span>
              <span className={panel.muted}>
                {port.connectMs === null
                  ? t('camera.ping.closed')
                  : t('camera.ping.open', { ms: Math.round(port.connectMs) })}
              </span>
              {port.fault !== null && (
                <span className={styles.answer}>
                  {t(`fault.${port.fault.code}`)} <Code>{port.fault.message}</Code>
                </span>
              )}
            </li>
          ))}
        </ul>
      );
    case 'time': {
      const offset = (ms: number): string =>
        t('camera.time.offset', { seconds: (Math.abs(ms) / 1000).toFixed(1) });
      return (
        <p data-testid="time-answer">
          {t('camera.time.done', {
            before: offset(result.answer.beforeMs),
            after: offset(result.answer.afterMs),
          })}
        </p>
      );
    }
  }
}

function Snapshot(props: { readonly blob: Blob; readonly code: string }) {
  const { t } = useI18n();
  const url = useMemo(() => URL.createObjectURL(props.blob), [props.blob]);
  useEffect(() => () => URL.revokeObjectURL(url), [url]);
  return (
    <figure className={styles.snapshot}>
      <img
        src={url}
        alt={t('camera.snapshot.alt', { code: props.code })}
        data-testid="snapshot-now"
      />
      <figcaption>
        <a href={url} download={`${props.code}.jpg`} className={controls.button}>
          {t('camera.snapshot.save')}
        </a>
      </figcaption>
    </figure>
  );
}
