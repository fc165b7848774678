// Runs record.py, and sampled.py where it can, under npm's pyodide: pyodide.mjs PYODIDE_FOLDER SCRIPTS_FOLDER TARGET
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [, , folder, scripts, target] = process.argv;
const { loadPyodide } = await import(pathToFileURL(resolve(folder, "pyodide.mjs")).href);
const python = await loadPyodide({ indexURL: resolve(folder) + "/" });
python.FS.mkdirTree("/record");
python.FS.mkdirTree("/out");
for (const name of ["record.py", "sampled.py", "workload.py"]) {
  python.FS.writeFile(join("/record", name), readFileSync(join(scripts, name)));
}
python.runPython(`
import sys
sys.path.insert(0, "/record")
import record
record.main("/out")
if sys.version_info >= (3, 15):
    import sampled
    sampled.record("/out")
`);
mkdirSync(target, { recursive: true });
for (const name of python.FS.readdir("/out")) {
  if (name !== "." && name !== "..") {
    writeFileSync(join(target, name), python.FS.readFile(join("/out", name)));
  }
}
