// The page below a notebook's cell, in what nbconvert exported (from the disk) and in JupyterLab; both were made by
// tests/wheel/test_notebook.py with the installed wheel. `./dev test wheel` runs this.
//
// FLAMEDROP_NOTEBOOK: the folder of notebook.html and notebook.ipynb. JUPYTER: jupyter-lab.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { pathToFileURL } from 'node:url';

import { launch } from '../support/page.js';
import { opened, rows, show } from '../support/views.js';

const NOTEBOOK = process.env.FLAMEDROP_NOTEBOOK;
const JUPYTER = process.env.JUPYTER;

const browser = await launch();
after(() => browser.close());

/** A tab in which every request to another host, and every error of the page, is noted. */
async function tab() {
  const context = await browser.newContext({ viewport: { width: 1400, height: 1000 }, reducedMotion: 'reduce' });
  context.setDefaultTimeout(60_000);
  const complaints = [];
  context.on('request', (request) => {
    if (!/^(file|data|blob|about):|^(http|ws):\/\/(127\.0\.0\.1|localhost):/.test(request.url())) {
      complaints.push(request.url());
    }
  });
  context.on('weberror', (error) => complaints.push(String(error.error())));
  return { context, complaints, page: await context.newPage() };
}

/** The page within a frame: what it opened on, and that its views work. */
async function works(page, index) {
  const frame = page.frameLocator('iframe[title=Flamedrop]').nth(index);
  await opened(frame);
  await frame.getByRole('tab', { name: 'Flame graph', exact: true, selected: true }).waitFor();
  await show(frame, 'Functions');
  const found = await rows(frame, 'Functions');
  assert.ok(found.flat().some((cell) => /fibonacci/.test(cell)), JSON.stringify(found));
  assert.ok(found.flat().some((cell) => /cell 2, line 1/.test(cell)), JSON.stringify(found));
}

test('an exported notebook has the page within itself', { skip: !NOTEBOOK }, async () => {
  const { context, complaints, page } = await tab();
  await page.goto(pathToFileURL(join(NOTEBOOK, 'notebook.html')).href);
  await works(page, 0);
  const second = page.frameLocator('iframe[title=Flamedrop]').nth(1);
  await second.getByRole('tab', { name: 'Functions', exact: true, selected: true }).waitFor();
  // nbconvert's template asks others for MathJax and RequireJS; the page in the frame asks for nothing.
  assert.deepEqual(complaints.filter((complaint) => !/cdnjs|jsdelivr|unpkg/.test(complaint)), []);
  await context.close();
});

const lab = { skip: !NOTEBOOK || !JUPYTER };
test('JupyterLab shows the page below the cell', lab, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'flamedrop-lab-'));
  await copyFile(join(NOTEBOOK, 'notebook.ipynb'), join(folder, 'notebook.ipynb'));
  const words = ['--no-browser', '--allow-root', '--ip=127.0.0.1', '--port=0', `--notebook-dir=${folder}`];
  const server = spawn(JUPYTER, [...words, '--IdentityProvider.token=', '--LabApp.news_url='], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, JUPYTER_CONFIG_DIR: join(folder, '.config'), JUPYTER_DATA_DIR: join(folder, '.data') },
  });
  try {
    const address = await new Promise((resolve, reject) => {
      let said = '';
      server.stderr.on('data', (data) => {
        said += data;
        const found = /http:\/\/127\.0\.0\.1:\d+\/lab/.exec(said);
        if (found) resolve(found[0]);
      });
      server.on('exit', () => reject(new Error(said)));
    });
    const { context, complaints, page } = await tab();
    await page.goto(`${address}/tree/notebook.ipynb`);
    // Menus are made anew until the notebook is there.
    await page.locator('.jp-CodeCell').first().waitFor();
    // A notebook that no kernel was ever chosen for asks for one.
    const choose = page.getByRole('button', { name: 'Select', exact: true });
    await page.addLocatorHandler(choose, () => choose.click());
    await page.getByText(/\| Idle/).waitFor();
    await page.getByRole('menuitem', { name: 'Run', exact: true }).click();
    await page.getByRole('menuitem', { name: /^Run All Cells/ }).click();
    await works(page, 0);
    assert.deepEqual(complaints, []);
    await context.close();
  } finally {
    server.kill();
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
});
