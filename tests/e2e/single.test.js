// flamedrop.html: the whole page in one file, opened from the disk as by a double-click.

import assert from 'node:assert/strict';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';

import { data, drop } from './support/files.js';
import { findFirefox, launchFirefox } from './support/firefox.js';
import { DIST, openPage, pageTest } from './support/page.js';
import { documentButton, opened, rows, show } from './support/views.js';

const PROFILE = data('shop/shop.prof');
const LOG = data('shop/shop.sql.jsonl');

/** flamedrop.html in a folder of its own: nothing stands beside it. */
async function alone() {
  const folder = await mkdtemp(join(tmpdir(), 'flamedrop-single-'));
  await copyFile(join(DIST, 'flamedrop.html'), join(folder, 'flamedrop.html'));
  return {
    url: pathToFileURL(folder + '/').href,
    origin: 'file://',
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

const singleTest = (name, options, body) =>
  pageTest(name, { site: alone, path: 'flamedrop.html', ...options }, body);

/** What the Functions table shows of the shop's profile. */
async function functions(page) {
  await drop(page, [PROFILE]);
  await opened(page);
  await show(page, 'Functions');
  return rows(page, 'Functions');
}

singleTest('Chromium reads a profile and a log from file://', {}, async ({ page, screenshot }) => {
  await page.getByText('python -m cProfile').first().waitFor();
  const found = await functions(page);
  const site = await openPage();
  try {
    assert.deepEqual(found, await functions(site.page), 'as the site shows it');
  } finally {
    await site.close();
  }
  await drop(page, [LOG]);
  await documentButton(page, 'shop.sql.jsonl').click();
  await show(page, 'Timeline');
  await screenshot('single');
});

singleTest('it has the sample within itself', {}, async ({ page }) => {
  await page.getByRole('button', { name: 'Try it' }).click();
  await documentButton(page, 'orders.prof').waitFor();
  await documentButton(page, 'orders.sql.jsonl').click();
  await page.getByRole('tab', { name: 'Timeline' }).waitFor();
});

singleTest('it keeps to itself: its policy refuses every host', {}, async ({ page, complaints }) => {
  const worked = await page.evaluate(() =>
    fetch('http://127.0.0.1:9/', { mode: 'no-cors' }).then(
      () => 'fetched',
      (error) => String(error),
    ),
  );
  assert.match(worked, /Failed to fetch/);
  const refused = complaints.filter((complaint) => /Content Security Policy/.test(complaint));
  assert.ok(refused.length > 0, 'refused by the policy, not by the network');
  complaints.length = 0;
});

singleTest(
  'a link to a file beside it says why it cannot be followed',
  { fragment: '#open=profiles/a.prof' },
  async ({ page }) => {
    const alert = page.getByRole('alert');
    await alert.getByRole('heading', { name: 'a.prof could not be read' }).waitFor();
    assert.match(await alert.innerText(), /opened from a file[\s\S]*Drop the file here/);
  },
);

const firefox = await findFirefox();

test(
  'Firefox reads a profile and a log from file://',
  { timeout: 180_000, skip: firefox ? false : 'FIREFOX IS NOT INSTALLED: apt-get install firefox-esr, or FIREFOX=/path' },
  async () => {
    const site = await alone();
    const browser = await launchFirefox(firefox);
    try {
      await browser.goto(`${site.url}flamedrop.html`);
      const until = `const until = async (what, found) => {
        const end = Date.now() + 50000;
        for (;;) {
          const value = found();
          if (value) return value;
          if (Date.now() > end) throw new Error('waited for ' + what + ' in vain; the page says: ' + document.body.innerText.slice(0, 2000));
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      };`;
      await browser.evaluate(`${until}
        window.wrong = [];
        addEventListener('securitypolicyviolation', (event) => wrong.push('policy: ' + event.violatedDirective + ' ' + event.blockedURI));
        addEventListener('error', (event) => wrong.push('error: ' + event.message));
        await until('the WebAssembly', () => !document.documentElement.hasAttribute('data-starting'));`);
      await browser.choose('#files', [PROFILE, LOG]);
      const found = await browser.evaluate(`${until}
        const tab = (name) => [...document.querySelectorAll('[role=tab]')].find((tab) => tab.textContent.trim() === name);
        (await until('the tab Functions', () => tab('Functions'))).click();
        const rows = () => [...document.querySelectorAll(':is([role=grid], [role=treegrid]) [role=rowgroup] [role=row]')]
          .sort((one, other) => one.getAttribute('aria-rowindex') - other.getAttribute('aria-rowindex'))
          .map((row) => [...row.querySelectorAll('[role=gridcell]')].map((cell) => cell.innerText.trim()));
        await until('the functions', () => rows().length > 5 && rows()[0].every(Boolean));
        const documents = () => [...document.querySelectorAll('.documents .name')];
        const log = await until('the log', () => documents().find((one) => one.textContent.includes('shop.sql.jsonl')));
        const functions = rows();
        log.click();
        await until('the tab Timeline', () => tab('Timeline'));
        return { functions, wrong };`);
      assert.deepEqual(found.wrong, []);
      const chromium = await openPage();
      try {
        const expected = await functions(chromium.page);
        const shown = Math.min(expected.length, found.functions.length);
        assert.ok(shown > 5);
        assert.deepEqual(found.functions.slice(0, shown), expected.slice(0, shown), 'as Chromium shows it');
      } finally {
        await chromium.close();
      }
    } finally {
      await browser.close();
      await site.close();
    }
  },
);
