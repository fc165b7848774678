#!/usr/bin/env node
// Views of a large log in the page: the median time from a key or click to the answer on screen, for
// switching to each view and for moving the brush, and from frame to frame while the timeline is zoomed and
// dragged, in Chromium. Needs a built page: ./dev build
//
// usage: ./dev bench views [MEGABYTES]      (100 if none is given; 550 are a million statements)

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { DIST, VIEWPORTS, launch } from '../e2e/support/page.js';
import { serve } from '../e2e/support/site.js';
import { choose } from '../e2e/support/files.js';
import { opened, ready } from '../e2e/support/views.js';

const ROUNDS = 9;
const megabytes = Number(process.argv[2] ?? 100);
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const log = here(`../../target/bench/views-${megabytes}.log`);

if (!existsSync(`${log}.contents.json`)) {
  console.log('Making the log …');
  const make = [
    'import sys, json, pathlib', 'sys.path.insert(0, sys.argv[1])', 'import make_log',
    'path = pathlib.Path(sys.argv[2])', 'path.parent.mkdir(parents=True, exist_ok=True)',
    'contents = make_log.write(path, "postgres", float(sys.argv[3]))',
    'path.with_name(path.name + ".contents.json").write_text(json.dumps(contents))',
  ].join('\n');
  execFileSync('python3', ['-c', make, here('.'), log, String(megabytes)], { stdio: 'inherit' });
}
const contents = JSON.parse(readFileSync(`${log}.contents.json`, 'utf8'));

const median = (times) => times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)];

const [site, browser] = await Promise.all([serve(DIST), launch()]);
const page = await browser.newPage({ viewport: VIEWPORTS.desktop });
await page.goto(site.url);
await ready(page);
const before = Date.now();
await choose(page, [log]);
await opened(page);
console.log(`${contents.statements.toLocaleString('en')} statements, open after ${Date.now() - before} ms`);

// The answers are checked before they are timed.
await page.getByRole('tab', { name: 'Overview', exact: true }).click();
const statements = `${contents.statements.toLocaleString('en')} statements`;
await page.getByRole('region', { name: 'Filter' }).getByText(statements).waitFor();

/** Does something in the page and waits until nothing changes any more: ms until the last change. */
const settle = (act) =>
  page.evaluate(
    ([kind, name]) =>
      new Promise((resolve) => {
        const start = performance.now();
        let last = start;
        const observer = new MutationObserver(() => (last = performance.now()));
        observer.observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true });
        // Canvases change without a mutation.
        const plays = ['fillRect', 'fillText', 'stroke'];
        const kept = plays.map((play) => CanvasRenderingContext2D.prototype[play]);
        plays.forEach((play, at) => {
          CanvasRenderingContext2D.prototype[play] = function (...values) {
            last = performance.now();
            return kept[at].apply(this, values);
          };
        });
        if (kind === 'tab') {
          [...document.querySelectorAll('[role=tab]')].find((tab) => tab.textContent.trim() === name).click();
        } else {
          const strip = document.querySelector('.strip canvas');
          strip.dispatchEvent(new KeyboardEvent('keydown', { key: name, bubbles: true }));
        }
        const wait = () => {
          if (performance.now() - last < 400) return setTimeout(wait, 20);
          observer.disconnect();
          plays.forEach((play, at) => (CanvasRenderingContext2D.prototype[play] = kept[at]));
          resolve(last - start);
        };
        wait();
      }),
    act,
  );

const tabs = await page.getByRole('tablist', { name: 'Views' }).getByRole('tab').allInnerTexts();
const views = tabs.map((tab) => tab.trim()).filter((view) => view !== 'Findings');
const lines = [];
for (const view of views) {
  const times = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    await settle(['tab', 'Findings']);
    times.push(await settle(['tab', view]));
  }
  lines.push([`to ${view}`, median(times)]);
}
for (const view of views) {
  await settle(['tab', view]);
  await settle(['key', 'Escape']);
  const times = [];
  for (let round = 0; round < ROUNDS; round += 1) times.push(await settle(['key', 'ArrowRight']));
  lines.push([`brush moved in ${view}`, median(times)]);
}
/** Turns the wheel or drags on the timeline, once a frame: the milliseconds of each frame. */
const frames = (kind) =>
  page.evaluate(async (kind) => {
    const canvas = document.querySelector('.picture canvas');
    const { left, top, width, height } = canvas.getBoundingClientRect();
    const at = (share) => ({ clientX: left + width * share, clientY: top + height / 2, bubbles: true });
    const frame = () => new Promise(requestAnimationFrame);
    const times = [];
    for (let step = 0; step < 60; step += 1) {
      const start = performance.now();
      const turn = kind === 'drag' ? { deltaX: step < 30 ? 40 : -40 } : { deltaY: step < 30 ? -120 : 120 };
      canvas.dispatchEvent(new WheelEvent('wheel', { ...at(0.6), ...turn, cancelable: true }));
      await frame();
      await frame();
      times.push((performance.now() - start) / 2);
    }
    return times;
  }, kind);
await settle(['tab', 'Timeline']);
await settle(['key', 'Escape']);
for (const kind of ['zoom', 'drag']) {
  // Dragging needs something to the sides.
  if (kind === 'drag') await page.getByRole('button', { name: 'Zoom in' }).click();
  await page.waitForTimeout(500);
  const times = await frames(kind);
  console.log(`${`timeline, a frame of a ${kind}`.padEnd(32)} ${median(times).toFixed(0).padStart(6)} ms, at most ${Math.max(...times).toFixed(0)} ms`);
}
for (const [what, time] of lines) console.log(`${what.padEnd(32)} ${time.toFixed(0).padStart(6)} ms`);
console.log(`median of all ${median(lines.map(([, time]) => time)).toFixed(0)} ms (target: 100)`);
assert.ok(lines.length > 0);
await browser.close();
await site.close();
