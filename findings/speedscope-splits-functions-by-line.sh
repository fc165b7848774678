#!/usr/bin/env bash
# speedscope 1.25.0 shows a function of py-spy 0.4.3 once for each of its lines.
#
# In `--format speedscope` py-spy says of each frame the line that ran, not where its function begins, and speedscope takes
# frames of one name and file for different functions where their lines differ. Its sandwich lists such a function in
# several rows of one name, each with a part of its self and total time, and the lines are not in sight.
#
# So functions out of speedscope's format cannot be told apart by name, file and line, where lines are those that ran.
#
# Needs root, or a kernel that lets a process look at its children (py-spy starts the program itself), npm, and Chromium
# (CHROMIUM says where). Seen: "burn" in 2 rows, or 3.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet py-spy==0.4.3
(cd "$work" && npm install --silent --no-audit --no-fund speedscope@1.25.0 playwright-core@1.65.1 >/dev/null)
cat >"$work/work.py" <<'PYTHON'
def burn(rounds):
    total = 0
    for number in range(rounds):
        total += sum(range(number % 600))
        total -= len(str(number)) * sum(range(400))
    return total


burn(300_000)
PYTHON
"$work/venv/bin/py-spy" record --rate 200 --format speedscope --output "$work/by-line.json" -- "$work/venv/bin/python" "$work/work.py" >/dev/null 2>&1
cat >"$work/rows.mjs" <<'JAVASCRIPT'
import { createReadStream } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { chromium } from 'playwright-core';

const root = new URL('node_modules/speedscope/dist/release/', import.meta.url).pathname;
const types = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.wasm': 'application/wasm' };
const server = createServer((request, response) => {
  const path = request.url.split('?')[0];
  const file = join(root, path === '/' ? 'index.html' : path);
  response.setHeader('content-type', types[extname(file)] ?? 'application/octet-stream');
  createReadStream(file).on('error', () => response.writeHead(404).end()).pipe(response);
}).listen(0);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--enable-unsafe-swiftshader', '--use-angle=swiftshader'],
});
const page = await browser.newPage();
await page.goto(`http://127.0.0.1:${server.address().port}/`);
await page.locator('input[type=file]').first().setInputFiles(process.argv[2]);
await page.getByText('Left Heavy').waitFor();
await page.keyboard.press('3');
await page.locator('tr:visible', { hasText: 'burn' }).first().waitFor();
for (const row of await page.locator('tr:visible').allInnerTexts()) {
  if (/\bburn\b/.test(row)) console.log(row.replace(/\s+/g, ' ').trim());
}
await browser.close();
server.close();
JAVASCRIPT
node "$work/rows.mjs" "$work/by-line.json" | tee "$work/rows"
[ "$(wc -l <"$work/rows")" -ge 2 ] || { echo "speedscope, or py-spy, has one row for each function now"; exit 1; }
