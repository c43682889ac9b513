/** Writes vectors/andon-typescript.json. */

import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const maker = path.join(ROOT, 'client/build/make-vectors.mjs');

await mkdir(path.dirname(maker), { recursive: true });
await build({
  absWorkingDir: ROOT,
  entryPoints: ['client/tests/make-vectors.ts'],
  bundle: true,
  outfile: maker,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  loader: { '.txt': 'text' },
  banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  logLevel: 'warning',
});
const { makeVectors } = await import(pathToFileURL(maker).href);
await writeFile(path.join(ROOT, 'vectors/andon-typescript.json'), await makeVectors());
