/**
 * Builds what the anonymous door serves by hash, and the app's own scripts.
 *
 * Guarantees: the same sources and the same locked packages give the same bytes, in any folder and at any time; a
 * round's manifest names the bytes of the answering bundle, so anyone can build them again and compare. The pages of
 * rooms and of the self-check are a bundle of their own: nothing of them is in the answering page, nor in a manifest.
 */

import { createHash } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { catalogueFromPo } from './catalogue.mjs';

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const APP_STATIC = path.join(ROOT, 'src/andon/foundation/interface/static/interface/build');
const ANSWERING = {
  folder: path.join(ROOT, 'src/andon/features/ballots/bundle'),
  address: (hash, name) => `/bundle/${hash}/${name}`,
  entries: ['answer', 'frame'],
  sheets: ['answer', 'frame'],
  packages: ['@hpke/chacha20poly1305', '@hpke/common', '@hpke/core', '@noble/curves', '@noble/hashes', 'canonicalize'],
};
const ROOMS = {
  folder: path.join(ROOT, 'src/andon/features/rooms/bundle'),
  address: (hash, name) => `/room/file/${hash}/${name}`,
  entries: ['room', 'moderate', 'check'],
  sheets: ['room'],
  packages: ['uqr'],
};

const digest = (algorithm, content, encoding) => createHash(algorithm).update(content).digest(encoding);
const integrity = (content) => `sha384-${digest('sha384', content, 'base64')}`;

async function bundled(entry, catalogues = {}) {
  const result = await build({
    absWorkingDir: ROOT,
    entryPoints: [entry],
    bundle: true,
    write: false,
    metafile: true,
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
  return { content: Buffer.from(result.outputFiles[0].contents), sources: Object.keys(result.metafile.inputs) };
}

/** The catalogues, each with what these sources say and nothing else. */
async function readCatalogues(files, address, sources) {
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
    files.set(name, Buffer.from(JSON.stringify(catalogueFromPo(po, lang, sources))));
    catalogues[lang] = { path: address(name), integrity: integrity(files.get(name)) };
  }
  return catalogues;
}

async function page(files, address, name) {
  const template = await readFile(path.join(ROOT, 'client/pages', name), 'utf8');
  return Buffer.from(
    template.replace(/\b(src|href)="([\w.-]+\.(?:js|css))"/g, (_, attribute, file) => {
      if (!files.has(file)) throw new Error(`${name} asks for ${file}, which is not built`);
      return `${attribute}="${address(file)}" integrity="${integrity(files.get(file))}"`;
    }),
  );
}

/** The licences ask to travel with the code; they are part of the bundle, so they do. */
async function licences(packages) {
  const texts = [];
  for (const name of packages) {
    const folder = path.join(ROOT, 'node_modules', name);
    const { version, license } = JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8'));
    const text = await readFile(path.join(folder, 'LICENSE'), 'utf8').catch(() => '');
    texts.push(`${name} ${version} (${license})\n\n${text.trim()}\n`);
  }
  return Buffer.from(texts.join('\n\n'));
}

async function buildBundle({ folder, address: addressOf, entries, sheets, packages }) {
  /** @type {Map<string, Buffer>} */
  const files = new Map();
  const address = (name) => addressOf(digest('sha256', files.get(name), 'hex'), name);
  const scripts = (names, catalogues) => Promise.all(names.map((name) => bundled(`client/src/${name}.ts`, catalogues)));
  // Once to see which sources are in it, and then with the catalogues of exactly these.
  const sources = new Set((await scripts(entries, {})).flatMap((script) => script.sources));
  const catalogues = await readCatalogues(files, address, sources);
  const built = await scripts(entries, catalogues);
  for (const [i, name] of entries.entries()) files.set(`${name}.js`, built[i].content);
  for (const name of sheets) files.set(`${name}.css`, (await bundled(`client/pages/${name}.css`)).content);
  files.set('licences.txt', await licences(packages));
  for (const name of entries) files.set(`${name}.html`, await page(files, address, `${name}.html`));

  const names = [...files.keys()].sort();
  const listing = Object.fromEntries(names.map((name) => [name, digest('sha256', files.get(name), 'hex')]));
  await mkdir(folder, { recursive: true });
  for (const name of names) await writeFile(path.join(folder, name), files.get(name));
  await writeFile(path.join(folder, 'bundle.json'), `${JSON.stringify(listing, null, 2)}\n`);
  for (const stale of await readdir(folder)) {
    if (stale !== 'bundle.json' && !files.has(stale)) await rm(path.join(folder, stale));
  }
  for (const name of names) console.log(`${listing[name]}  ${name}  ${files.get(name).length} bytes`);
}

await buildBundle(ANSWERING);
await buildBundle(ROOMS);
await mkdir(APP_STATIC, { recursive: true });
for (const name of ['host', 'setup', 'progress', 'passkeys', 'teams', 'timer']) {
  await writeFile(path.join(APP_STATIC, `${name}.js`), (await bundled(`client/src/${name}.ts`)).content);
}
await copyFile(path.join(ROOT, 'node_modules/@picocss/pico/css/pico.min.css'), path.join(APP_STATIC, 'pico.min.css'));
