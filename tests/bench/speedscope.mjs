#!/usr/bin/env node
// What speedscope's own page (npm's, of tests/e2e) does with a profile: the operations of docs/transforms.md, tried on one
// of the recordings, and what they give. Measures nothing. Needs Chromium.
//
// usage: ./dev bench speedscope [FILE [SEARCH]]

import { createRequire } from 'node:module';
import { dirname } from 'node:path';

import { data } from '../e2e/support/files.js';
import { launch } from '../e2e/support/page.js';
import { serve } from '../e2e/support/site.js';

const [file = data('profiles/py-spy-0.4.3.speedscope.json'), search = 'burn'] = process.argv.slice(2);
const require = createRequire(new URL('../e2e/package.json', import.meta.url));
const site = await serve(dirname(require.resolve('speedscope/dist/release/file-format-schema.json')));
// Without a GPU speedscope needs a WebGL made in software.
const browser = await launch('--enable-unsafe-swiftshader', '--use-angle=swiftshader');
const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
page.setDefaultTimeout(180_000);
await page.goto(site.url);
await page.locator('input[type=file]').first().setInputFiles(file);
await page.getByText('Left Heavy').waitFor();

const words = async () => (await page.evaluate(() => document.body.innerText)).replace(/\s+/g, ' ');
/** Pictures as well: most of it is drawn. */
const state = async () => (await page.screenshot()).toString('base64') + (await words());
const settled = () => page.waitForTimeout(1_000);
const press = async (key) => {
  const before = await state();
  await page.keyboard.press(key);
  await settled();
  return (await state()) === before ? 'nothing' : 'changes something';
};
const say = (what, answer) => console.log(`${what.padEnd(40)} ${answer}`);
const found = async () => /\S+\/\d+/.exec((await words()).split('🔍')[1] ?? '')?.[0] ?? 'no count';

for (const [key, name] of [['1', 'time order'], ['2', 'left heavy'], ['3', 'sandwich']]) {
  await page.keyboard.press(key === '1' ? '2' : '1');
  await settled();
  say(`${key}: ${name}`, await press(key));
}
const rows = async () =>
  (await page.locator('tr:visible').allInnerTexts()).map((row) => row.replace(/\s+/g, ' ').trim()).slice(1);
const functions = await rows();
say('sandwich, its table', `${functions.length} rows, the first: ${functions.slice(0, 3).join('; ')}`);
const names = functions.map((row) => row.split(' ').at(-1));
const twice = [...new Set(names.filter((name, at) => names.indexOf(name) !== at))];
say('names in several rows of it', twice.map((name) => `${name} × ${names.filter((one) => one === name).length}`).join(', '));
await page.locator('tr:visible').nth(1).click();
await settled();
say('a row of it, clicked', (await words()).includes('Callers') ? 'callers and callees' : 'nothing');
await page.keyboard.press('Escape');

await page.keyboard.press('2');
await settled();
for (const text of [search, search.toUpperCase(), `^${search}$`, 'workload.py', `${search} main`]) {
  await page.keyboard.press('Control+f');
  await settled();
  await page.keyboard.press('Control+a');
  await page.keyboard.type(text);
  await settled();
  say(`left heavy, search for ${text}`, await found());
  if (text === search) {
    await page.keyboard.press('Enter');
    await settled();
    say('… Enter', await found());
    await page.keyboard.press('Shift+Enter');
    await settled();
    say('… Shift+Enter', await found());
  }
  await page.keyboard.press('Escape');
  await settled();
}

await page.mouse.move(300, 330);
await settled();
say('a box, hovered', (await words()).split('Help').at(-1).trim().slice(0, 120) || 'drawn');
let before = await state();
await page.mouse.click(300, 330);
await settled();
say('a box, clicked', (await state()) === before ? 'nothing' : (await words()).split('Help').at(-1).trim().slice(0, 160));
before = await state();
await page.mouse.dblclick(300, 330);
await settled();
say('a box, double click', (await state()) === before ? 'nothing' : 'changes something');
await page.keyboard.press('0');
await page.keyboard.press('Escape');
await settled();
await page.mouse.click(300, 330, { button: 'right' });
await settled();
say('a box, right click', (await page.locator('[role=menu], [role=menuitem], menu').count()) > 0 ? 'a menu' : 'no menu');
for (const key of ['f', 'F', 'm', 'M', 'd', 'c', 'C', 'x', 'i', 'l', 'u', 'Delete', 'r', 'b', '*']) {
  say(`key ${key}`, await press(key));
}
say('the address afterwards', new URL(page.url()).hash || 'says nothing of it');
await browser.close();
await site.close();
