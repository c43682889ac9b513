/**
 * Builds the bundle that the anonymous door serves by hash, and the app's own script.
 *
 * Guarantees: the same sources and the same locked packages give the same bytes, in any folder and at any time; a
 * round's manifest names these bytes, so anyone can build them again and compare.
 */

import { createHash } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { catalogueFromPo } from './catalogue.mjs';

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const BUNDLE = path.join(ROOT, 'src/andon/features/ballots/bundle');
const APP_STATIC = path.join(ROOT, 'src/andon/foundation/interface/static/interface/build');
const PACKAGES = ['@hpke/chacha20poly1305', '@hpke/common', '@hpke/core', '@noble/curves', '@noble/hashes', 'canonicalize'];

/** @type {Map<string, Buffer>} */
const files = new Map();

function digest(algorithm, content, encoding) {
  return createHash(algorithm).update(content).digest(encoding);
}

const address = (name) => `/bundle/${digest('sha256', files.get(name), 'hex')}/${name}`;
const integrity = (name) => `sha384-${digest('sha384', files.get(name), 'base64')}`;

async function bundled(entry, catalogues = {}) {
  const result = await build({
    absWorkingDir: ROOT,
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: entry.endsWith('.css') ? undefined : 'iife',
    platform: 'browser',
    target: 'es2022',
    charset: 'utf8',
    minify: true,
    legalComments: 'none',
    loader: { '.txt': 'text' },
    // A fallback for old Node versions inside a dependency; in a browser it is never reached.
    external: ['crypto'],
    define: { CATALOGUES: JSON.stringify(catalogues) },
    logLevel: 'warning',
  });
  return Buffer.from(result.outputFiles[0].contents);
}

async function readCatalogues() {
  // Beside those of the server, so that a language is one folder.
  const folder = path.join(ROOT, 'src/andon/locale');
  const languages = await readdir(folder).catch(() => []);
  const catalogues = {};
  for (const folderName of languages.sort()) {
    const po = await readFile(path.join(folder, folderName, 'LC_MESSAGES/djangojs.po'), 'utf8').catch(() => null);
    if (po === null) continue;
    // Django names folders pt_BR where browsers say pt-br.
    const lang = folderName.replace('_', '-').toLowerCase();
    const name = `messages-${lang}.json`;
    files.set(name, Buffer.from(JSON.stringify(catalogueFromPo(po, lang))));
    catalogues[lang] = { path: address(name), integrity: integrity(name) };
  }
  return catalogues;
}

async function page(name) {
  const template = await readFile(path.join(ROOT, 'client/pages', name), 'utf8');
  return Buffer.from(
    template.replace(/\b(src|href)="([\w.-]+\.(?:js|css))"/g, (_, attribute, file) => {
      if (!files.has(file)) throw new Error(`${name} asks for ${file}, which is not built`);
      return `${attribute}="${address(file)}" integrity="${integrity(file)}"`;
    }),
  );
}

/** The licences ask to travel with the code; they are part of the bundle, so they do. */
async function licences() {
  const texts = [];
  for (const name of PACKAGES) {
    const folder = path.join(ROOT, 'node_modules', name);
    const { version, license } = JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8'));
    const text = await readFile(path.join(folder, 'LICENSE'), 'utf8').catch(() => '');
    texts.push(`${name} ${version} (${license})\n\n${text.trim()}\n`);
  }
  return Buffer.from(texts.join('\n\n'));
}

const catalogues = await readCatalogues();
const [answerJs, answerCss, frameJs, frameCss, hostJs, setupJs, progressJs] = await Promise.all([
  bundled('client/src/answer.ts', catalogues),
  bundled('client/pages/answer.css'),
  bundled('client/src/frame.ts', catalogues),
  bundled('client/pages/frame.css'),
  bundled('client/src/host.ts'),
  bundled('client/src/setup.ts'),
  bundled('client/src/progress.ts'),
]);
files.set('answer.js', answerJs);
files.set('answer.css', answerCss);
files.set('frame.js', frameJs);
files.set('frame.css', frameCss);
files.set('licences.txt', await licences());
files.set('answer.html', await page('answer.html'));
files.set('frame.html', await page('frame.html'));

const names = [...files.keys()].sort();
const listing = Object.fromEntries(names.map((name) => [name, digest('sha256', files.get(name), 'hex')]));

await mkdir(BUNDLE, { recursive: true });
await mkdir(APP_STATIC, { recursive: true });
for (const name of names) await writeFile(path.join(BUNDLE, name), files.get(name));
await writeFile(path.join(BUNDLE, 'bundle.json'), `${JSON.stringify(listing, null, 2)}\n`);
for (const stale of await readdir(BUNDLE)) {
  if (stale !== 'bundle.json' && !files.has(stale)) await rm(path.join(BUNDLE, stale));
}
await writeFile(path.join(APP_STATIC, 'host.js'), hostJs);
await writeFile(path.join(APP_STATIC, 'setup.js'), setupJs);
await writeFile(path.join(APP_STATIC, 'progress.js'), progressJs);
await writeFile(path.join(APP_STATIC, 'passkeys.js'), await bundled('client/src/passkeys.ts'));
await writeFile(path.join(APP_STATIC, 'teams.js'), await bundled('client/src/teams.ts'));
await copyFile(path.join(ROOT, 'node_modules/@picocss/pico/css/pico.min.css'), path.join(APP_STATIC, 'pico.min.css'));

for (const name of names) console.log(`${listing[name]}  ${name}  ${files.get(name).length} bytes`);
