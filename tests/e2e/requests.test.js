// Logs of requests: the overview of a site, its routes, its single requests, in both themes and on a phone.

import assert from 'node:assert/strict';

import { assertAccessible } from './support/axe.js';
import { data, drop } from './support/files.js';
import { pageTest } from './support/page.js';
import { documentButton, opened, rows, show } from './support/views.js';

async function openLog(page, name = 'requests/joint/nginx-1.31.3-timed.log') {
  await drop(page, [data(name)]);
  await opened(page);
}

for (const [viewport, colorScheme] of [['desktop', 'light'], ['desktop', 'dark'], ['phone', 'light'], ['phone', 'dark']]) {
  pageTest(`requests: ${viewport}, ${colorScheme}`, { viewport, colorScheme }, async ({ page, screenshot }) => {
    await openLog(page);
    await page.getByRole('tab', { name: 'Overview', selected: true }).waitFor();
    const totals = page.locator('.overview .totals');
    await totals.getByText('Availability').waitFor();
    const text = await totals.innerText();
    assert.match(text, /Requests\s*39/);
    assert.match(text, /5xx\s*3/);
    assert.match(text, /Client left\s*1/);
    const heat = page.getByRole('group', { name: 'Response times over time' });
    const section = page.locator('section', { has: page.getByRole('heading', { name: 'Response times over time' }) });
    await section.getByRole('list', { name: 'Colours' }).getByText('1 request', { exact: true }).waitFor();
    await section.getByText('As a table').click();
    await heat.getByRole('row').nth(5).waitFor();
    await section.getByText('As a table').click();
    await assertAccessible(page, 'the overview of requests');
    await screenshot('requests-overview');

    await show(page, 'Routes');
    const [first] = await rows(page, 'Routes');
    assert.equal(first[0], 'GET /slow/');
    assert.equal(first[1], '4');
    const heads = await page.getByRole('grid', { name: 'Routes' }).getByRole('columnheader').allInnerTexts();
    for (const head of ['Apdex', '4xx', '5xx', 'Sent']) assert.ok(heads.some((text) => text.includes(head)), `${heads}`);
    await assertAccessible(page, 'routes');
    await screenshot('requests-routes');
    await page.getByRole('grid', { name: 'Routes' }).getByRole('row').nth(1).click();
    await page.getByRole('complementary', { name: 'Selected route' }).getByText('Slowest request').waitFor();
    await assertAccessible(page, 'a route');
    await screenshot('requests-route');

    await show(page, 'Requests');
    const [slowest] = await rows(page, 'Requests');
    assert.equal(slowest[1], '510.00');
    assert.equal(slowest[3], 'GET /limited/slow/');
    await assertAccessible(page, 'single requests');
    await screenshot('requests-single');

    await show(page, 'Timeline');
    await page.getByRole('img', { name: /Timeline of/ }).or(page.locator('canvas')).first().waitFor();
    await screenshot('requests-timeline');
  });
}

pageTest('one filter holds for all views of requests, and stands in the address', async ({ page }) => {
  await openLog(page, 'requests/gunicorn-27.0.1-gthread-atoms.log');
  await page.getByText('28 requests ·').first().waitFor();
  await page.getByText('Filter', { exact: true }).click();
  await page.getByLabel('failed only').check();
  await page.getByText(/1 of 28 requests/).waitFor();
  await show(page, 'Routes');
  const found = await rows(page, 'Routes');
  assert.deepEqual(found.map((row) => row[0]), ['GET /boom/']);
  await show(page, 'Requests');
  assert.equal((await rows(page, 'Requests')).length, 1);
  await page.waitForFunction(() => /failed/.test(location.hash));
});

pageTest('Apdex and utilisation follow what is set', async ({ page }) => {
  await openLog(page, 'requests/gunicorn-27.0.1-gthread-atoms.log');
  const totals = page.locator('.overview .totals');
  await totals.getByText('Apdex').waitFor();
  const number = async (name) => (await totals.locator('div', { hasText: name }).first().innerText()).replace(/\s+/g, ' ');
  const before = [await number('Apdex'), await number('Utilisation')];
  await page.getByLabel('Apdex threshold').fill('20');
  await page.getByLabel('Workers').fill('4');
  await page.getByLabel('Workers').press('Tab');
  await page.waitForFunction(() => /apdex=20/.test(location.hash) && /workers=4/.test(location.hash));
  await page.waitForFunction((was) => {
    const texts = [...document.querySelectorAll('.overview .totals div')].map((one) => one.innerText.replace(/\s+/g, ' '));
    return was.every((text) => !texts.includes(text));
  }, before);
});

pageTest('a log without durations says how to have them', async ({ page }) => {
  await openLog(page, 'requests/gunicorn-27.0.1-default.log');
  const view = page.getByRole('tabpanel', { name: 'Overview' });
  await view.getByText('The log does not say how long requests took. To log it:').waitFor();
  assert.equal(await page.getByRole('heading', { name: 'Response time' }).count(), 0);
});

pageTest('a layout can be given where a unit cannot be told', async ({ page }) => {
  const line = (second, took) =>
    `127.0.0.1 - - [28/Nov/2026:22:44:${String(second).padStart(2, '0')} +0000] "GET /a HTTP/1.1" 200 9 ${took}\n`;
  const text = Array.from({ length: 30 }, (_, at) => line(at, 20000 + at * 317)).join('');
  await drop(page, [{ name: 'access.log', text }]);
  await opened(page);
  await page.getByRole('button', { name: /notice/ }).or(page.locator('summary', { hasText: 'notice' })).first().click();
  await page.getByText(/its unit cannot be told/).waitFor();
  await page.getByLabel(/Paste the layout/).fill('%h %l %u %t "%r" %>s %b %D');
  await page.getByRole('button', { name: 'Read again' }).click();
  const totals = page.locator('.overview .totals');
  await totals.getByText('Apdex').waitFor();
  assert.match(await totals.innerText(), /p50\s*24\.\d+ ms/);
});

pageTest('a log that cannot be read is read once its layout is given', async ({ page, screenshot }) => {
  const line = (second) => `28/Nov/2026:22:44:${String(second).padStart(2, '0')} +0000~GET~/orders/${second}~200~0.0${10 + second}\n`;
  const text = Array.from({ length: 40 }, (_, at) => line(at)).join('');
  await drop(page, [{ name: 'odd.log', text }]);
  const alert = page.getByRole('alert');
  await alert.getByRole('heading', { name: 'odd.log could not be read' }).waitFor();
  await assertAccessible(page, 'a file that could not be read');
  await screenshot('layout-asked');
  const layout = page.getByLabel(/If it is a log of requests/);
  // A wrong one is refused, and stays to be mended.
  await layout.fill('$request_method,$request_uri,$status');
  await page.getByRole('button', { name: 'Read again' }).click();
  await alert.getByText(/none of its lines is of the layout/).waitFor();
  assert.equal(await layout.inputValue(), '$request_method,$request_uri,$status');
  await layout.fill('$time_local~$request_method~$request_uri~$status~$request_time');
  await page.getByRole('button', { name: 'Read again' }).click();
  await opened(page);
  const totals = page.locator('.overview .totals');
  await totals.getByText('Apdex').waitFor();
  assert.match(await totals.innerText(), /p50\s*2\d(\.\d+)? ms/);
});

pageTest("routes are the site's own patterns, whichever file comes first", async ({ page }) => {
  const lines = Array.from({ length: 30 }, (_, at) =>
    `127.0.0.1 - - [28/Nov/2026:22:44:${String(at).padStart(2, '0')} +0000] "GET /articles/20${at + 10}/ HTTP/1.1" 200 9 "-" "x" 0.02${at % 10}000 <7>\n`);
  const log = { name: 'access.log', text: lines.join('') };
  const urls = { name: 'urls.txt', text: '/articles/<int:year>/\tshop.views.year\tyear\n' };
  for (const files of [[log, urls], [urls, log]]) {
    await drop(page, files);
    await opened(page);
    await documentButton(page, 'access.log').click();
    await show(page, 'Routes');
    await page.getByRole('grid', { name: 'Routes' }).getByText('GET /articles/<int:year>/').waitFor();
    assert.equal(await documentButton(page, 'urls.txt').count(), 0);
  }
});

pageTest('patterns stay for the next visit, and can be left out again', async ({ page }) => {
  const lines = Array.from({ length: 30 }, (_, at) =>
    `127.0.0.1 - - [28/Nov/2026:22:44:${String(at).padStart(2, '0')} +0000] "GET /articles/${at + 410}/ HTTP/1.1" 200 9 "-" "x" 0.02${at % 10}000 <7>\n`);
  await drop(page, [
    { name: 'access.log', text: lines.join('') },
    { name: 'urls.txt', text: '/articles/<int:year>/\tshop.views.year\tyear\n' },
  ]);
  const routes = page.getByRole('grid', { name: 'Routes' });
  const [byPatterns, found] = ['GET /articles/<int:year>/', 'GET /articles/{id}/'];
  const look = async (name) => {
    await opened(page);
    await documentButton(page, 'access.log').click();
    await show(page, 'Routes');
    await routes.getByText(name).waitFor();
  };
  await look(byPatterns);
  await page.reload();
  await look(byPatterns);
  await page.getByText('Routes by the patterns of urls.txt').waitFor();
  await assertAccessible(page, 'routes by patterns');
  await page.getByRole('button', { name: 'Leave the patterns out' }).click();
  await look(found);
  assert.equal(await page.getByText('Routes by the patterns of').count(), 0);
  await page.reload();
  await look(found);
  assert.equal(await page.getByText('Routes by the patterns of').count(), 0);
});

pageTest('an address is looked for in every line', async ({ page, screenshot }) => {
  await openLog(page);
  await page.getByRole('searchbox', { name: 'Search' }).fill('nothing like it');
  const bar = page.getByRole('region', { name: 'Filter' });
  await bar.getByText('“nothing like it” in routes and examples').waitFor();
  await screenshot('requests-search');
  await bar.getByRole('button', { name: 'Search whole lines' }).click();
  await bar.getByText('“nothing like it” in any line').waitFor();
  await page.getByRole('searchbox', { name: 'Search' }).fill('');
  await bar.getByRole('button', { name: 'Search whole lines' }).waitFor({ state: 'hidden' });
});
