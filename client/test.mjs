/** Bundles each test with esbuild and runs them with Node's own runner; arguments pick files by a part of the name. */

import { spawnSync } from 'node:child_process';
import { mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const OUT = path.join(ROOT, 'client/build/tests');
const wanted = process.argv.slice(2);

const names = (await readdir(path.join(ROOT, 'client/tests')))
  .filter((name) => name.endsWith('.test.ts'))
  .filter((name) => wanted.length === 0 || wanted.some((part) => name.includes(part)));

await rm(OUT, { recursive: true, force: true });
await mkdir(OUT, { recursive: true });
const options = {
  absWorkingDir: ROOT,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  loader: { '.txt': 'text' },
  // CommonJS dependencies ask for `require`, which a module does not have.
  banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  define: { CATALOGUES: '{}' },
  sourcemap: 'inline',
  logLevel: 'warning',
};
await build({
  ...options,
  entryPoints: names.map((name) => `client/tests/${name}`),
  outdir: OUT,
  outExtension: { '.js': '.mjs' },
});
const outputs = names.map((name) => path.join(OUT, name.replace(/\.ts$/, '.mjs')));
if (wanted.length === 0 || wanted.some((part) => 'planted-faults'.includes(part))) {
  outputs.push(path.join(ROOT, 'client/tests/planted-faults.mjs'));
}
const run = spawnSync(process.execPath, ['--enable-source-maps', '--test', ...outputs], {
  cwd: ROOT,
  stdio: 'inherit',
  // What planted-faults.mjs bundles with the checks taken out, it bundles in the same way.
  env: { ...process.env, ANDON_TEST_BUNDLE: JSON.stringify({ out: OUT, options }) },
});
process.exit(run.status ?? 1);
