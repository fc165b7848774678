#!/usr/bin/env node
// The flame chart of a large trace, as VizTracer writes it: the time until it is open and drawn, from frame to frame
// while it is zoomed and dragged, until a search is marked and until a range holds. Needs a built page: ./dev build
//
// usage: ./dev bench chart [CALLS]      (a million if none are given: 110 MB)

import assert from 'node:assert/strict';
import { createWriteStream, existsSync, mkdirSync } from 'node:fs';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import { DIST, VIEWPORTS, launch } from '../e2e/support/page.js';
import { serve } from '../e2e/support/site.js';
import { choose } from '../e2e/support/files.js';
import { opened, ready, show } from '../e2e/support/views.js';

const calls = Number(process.argv[2] ?? 1_000_000);
const trace = fileURLToPath(new URL(`../../target/bench/chart-${calls}.json`, import.meta.url));

/** Calls up to 25 deep of 400 functions, on some thousand stacks; the same ones each time. */
async function make() {
  mkdirSync(new URL('.', `file://${trace}`), { recursive: true });
  const out = createWriteStream(trace);
  let seed = 1;
  // https://en.wikipedia.org/wiki/Linear_congruential_generator, Numerical Recipes' numbers
  const random = () => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  const stack = [];
  let [now, made, lines] = [0, 0, []];
  out.write('{"traceEvents": [\n{"ph": "M", "pid": 1, "tid": 1, "name": "thread_name", "args": {"name": "MainThread"}}');
  const leave = () => {
    const [name, from] = stack.pop();
    lines.push(`,\n{"pid": 1, "tid": 1, "ts": ${from.toFixed(3)}, "ph": "X", "cat": "fee", "dur": ${(now - from).toFixed(3)}, "name": "${name}"}`);
    made += 1;
  };
  while (made + stack.length < calls) {
    now += 0.01 + random() * 2;
    if (stack.length < 3 || (stack.length < 25 && random() < 0.5)) {
      // As in a program: a function calls one of two others, deep ones always the same.
      const caller = stack.at(-1)?.[2] ?? 0;
      const number = (stack.length < 10 ? caller * 2 + Math.floor(random() * 2) + 1 : caller + 1) % 400;
      stack.push([`fn_${number} (/srv/app/mod_${number % 17}.py:${number + 1})`, now, number]);
    } else {
      leave();
    }
    if (lines.length > 20_000) {
      if (!out.write(lines.join(''))) await once(out, 'drain');
      lines = [];
    }
  }
  while (stack.length) {
    now += 0.1;
    leave();
  }
  out.end(`${lines.join('')}\n], "viztracer_metadata": {"overflow": false}}`);
  await once(out, 'finish');
}

if (!existsSync(trace)) {
  console.log('Making the trace …');
  await make();
}
const [site, browser] = await Promise.all([serve(DIST), launch()]);
const page = await browser.newPage({ viewport: VIEWPORTS.desktop });
page.setDefaultTimeout(120_000);
await page.goto(site.url);
await ready(page);
let since = Date.now();
const lap = (what) => {
  console.log(`${what}: ${Date.now() - since} ms`);
  since = Date.now();
};
await choose(page, [trace]);
await opened(page);
lap('open');
await show(page, 'Flame chart');
const chart = page.getByRole('application', { name: /^Flame chart of / });
assert.match(await chart.getAttribute('aria-label'), new RegExp(`${calls.toLocaleString('en')} calls`));
await page.waitForFunction(() => {
  const canvas = document.querySelector("canvas[aria-roledescription='flame chart']");
  const copy = Object.assign(document.createElement('canvas'), { width: 50, height: 120 });
  const context = copy.getContext('2d', { willReadFrequently: true });
  if (canvas.width) context.drawImage(canvas, 0, 0);
  return new Set(new Uint32Array(context.getImageData(0, 0, 50, 120).data.buffer)).size > 8;
});
lap('drawn');
const box = await chart.boundingBox();
await page.evaluate(() => {
  window.frames = [];
  let last = performance.now();
  requestAnimationFrame(function frame(now) {
    window.frames.push(now - last);
    last = now;
    requestAnimationFrame(frame);
  });
});
const [x, y] = [box.x + box.width / 2, box.y + box.height / 3];
const times = async (act) => {
  for (let step = 0; step < 60; step += 1) {
    await act(step);
    await page.waitForTimeout(16);
  }
};
await page.mouse.move(x, y);
await times(() => page.mouse.wheel(0, -120));
await page.mouse.down();
await times((step) => page.mouse.move(x - step * 8, y));
await page.mouse.up();
await times(() => page.mouse.wheel(0, 120));
const frames = (await page.evaluate(() => window.frames)).sort((a, b) => a - b);
const at = (share) => frames[Math.min(frames.length - 1, Math.floor(frames.length * share))].toFixed(1);
console.log(`frames while zooming and dragging: median ${at(0.5)} ms, 95th percentile ${at(0.95)} ms, longest ${at(1)} ms`);
since = Date.now();
await page.getByRole('searchbox').fill('fn_7');
await page.getByText(/calls match$/).waitFor();
lap('search');
await page.mouse.move(box.x + box.width * 0.2, box.y + 10);
await page.mouse.down();
await page.mouse.move(box.x + box.width * 0.4, box.y + 10, { steps: 5 });
await page.mouse.up();
await page.getByText(/^Only .* to /).waitFor();
lap('range');
await browser.close();
await site.close();
