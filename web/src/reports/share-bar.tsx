import styles from './reports.module.css';

export interface SharePart {
  readonly kind: 'up' | 'down' | 'expected' | 'ours' | 'unknown';
  readonly value: number;
}

/** Parts of a whole side by side; the words and numbers stand beside it. */
export function ShareBar(props: { readonly parts: readonly SharePart[] }) {
  const total = props.parts.reduce((sum, part) => sum + part.value, 0);
  if (total === 0) return null;
  let from = 0;
  return (
    <svg className={styles.bar} viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
      {props.parts.map(({ kind, value }) => {
        const start = from;
        const share = (value / total) * 100;
        from += share;
        return <rect key={kind} x={start} y={0} width={share} height={8} data-part={kind} />;
      })}
    </svg>
  );
}
