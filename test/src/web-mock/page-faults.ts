import { readFile } from 'node:fs/promises';
import { createRequire, stripTypeScriptTypes } from 'node:module';
import type { Page } from 'playwright-core';

const inPage = new URL('../../../web/src/ui/testing/page-faults.ts', import.meta.url);
const axePath = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const axeRules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

/**
 * What is wrong with the page as it stands, one line each: axe's rules (names, contrast, structure)
 * and ours (web/src/ui/testing/page-faults.ts); `touch` asks for targets that fingers hit.
 */
export async function findPageFaults(page: Page, touch: boolean): Promise<readonly string[]> {
  await page.evaluate(await readFile(axePath, 'utf8'));
  const { violations } = await page.evaluate<{ violations: readonly Violation[] }>(
    `axe.run({ runOnly: ${JSON.stringify(axeRules)} })`,
  );
  const source = stripTypeScriptTypes(await readFile(inPage, 'utf8')).replace('export ', '');
  const ours = await page.evaluate<readonly string[]>(
    `(() => { ${source}; return findPageFaults(${touch}); })()`,
  );
  return [
    ...violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) =>
        `${id}: ${html.slice(0, 160)} ${failureSummary}`.replaceAll('\n', ' '),
      ),
    ),
    ...ours,
  ];
}
