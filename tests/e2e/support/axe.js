// axe-core finds nothing: https://github.com/dequelabs/axe-core

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

const source = readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Asserts that axe-core finds no violation in the page as it is now. */
export async function assertAccessible(page, when = 'now') {
  // Evaluated by the debugger, which the page's content security policy does not bind.
  if (!(await page.evaluate('Boolean(window.axe)'))) await page.evaluate(await source);
  const { violations } = await page.evaluate('axe.run(document, { resultTypes: ["violations"] })');
  const found = violations.map(
    ({ id, help, nodes }) =>
      `${id}: ${help}\n` + nodes.map(({ html, failureSummary }) => `  ${html}\n  ${failureSummary}`).join('\n'),
  );
  assert.deepEqual(found, [], `axe-core, ${when}`);
}
