// Serves dist/ as an ordinary static host would: under a sub-path, without special headers.

import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';

const TYPES = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
};

/**
 * @param {string} root folder to serve
 * @param {string} [path] where it is mounted
 * @returns {Promise<{url: string, origin: string, requests: string[], close: () => Promise<void>,
 *   deploy: (root: string) => void, stop: () => Promise<void>}>}
 *   `requests` has the path of every request that came; `deploy` serves another folder from now on,
 *   `stop` takes the host off the network
 */
export async function serve(root, path = '/some/path/') {
  const requests = [];
  let stopped = false;
  const answer = async (request, response) => {
    requests.push(request.url);
    const { pathname } = new URL(request.url, 'http://localhost');
    const file = pathname.startsWith(path)
      ? join(root, normalize('/' + decodeURIComponent(pathname.slice(path.length))))
      : null;
    const found = file && (await stat(file).catch(() => null));
    const target = found?.isDirectory() ? join(file, 'index.html') : file;
    const size = target && (await stat(target).catch(() => null))?.size;
    if (size === null || size === undefined) {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('not found');
      return;
    }
    response.writeHead(200, {
      'content-type': TYPES[extname(target)] ?? 'application/octet-stream',
      'content-length': size,
    });
    createReadStream(target).pipe(response);
  };
  const server = createServer(answer);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${server.address().port}`;
  const stop = () =>
    new Promise((resolve) => {
      if (stopped) return resolve();
      stopped = true;
      server.close(resolve);
      server.closeAllConnections();
    });
  return {
    origin,
    requests,
    url: origin + path,
    deploy: (other) => (root = other),
    stop,
    close: stop,
  };
}
