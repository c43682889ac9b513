/** The pages keep to their policy, and their words can be translated. */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { catalogueFromPo } from '../catalogue.mjs';
import { gettext, ngettext } from '../src/i18n.ts';

const sources = readdirSync('client/src').map((name) => [name, readFileSync(`client/src/${name}`, 'utf8')] as const);
const pages = ['answer.html', 'frame.html', 'room.html', 'moderate.html', 'check.html'].map((name) => [name, readFileSync(`client/pages/${name}`, 'utf8')] as const);

test('nothing that was fetched is ever read as markup or as a program', () => {
  const forbidden = /\b(innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|createContextualFragment|srcdoc|eval\(|new Function)/;
  for (const [name, source] of sources) assert.doesNotMatch(source, forbidden, name);
});

test('nothing is logged, and nothing is stored but the wallet, and what a room keeps for a reload', () => {
  for (const [name, source] of sources) {
    assert.doesNotMatch(source, /\bconsole\.|document\.cookie|sendBeacon|indexedDB\.(?!open)/, name);
    if (name !== 'kept.ts') assert.doesNotMatch(source, /localStorage|sessionStorage/, name);
    assert.doesNotMatch(source, /postMessage\([^)]*['"]\*['"]/, name);
  }
});

test('pages hold no inline script, no inline style, and no address but their own', () => {
  for (const [name, page] of pages) {
    assert.doesNotMatch(page, /<style|\sstyle=|\son\w+=|javascript:/i, name);
    assert.equal([...page.matchAll(/<script\b[^>]*>([^<]*)/g)].every(([, inside]) => inside?.trim() === ''), true, name);
    assert.doesNotMatch(page, /https?:/, name);
    assert.match(page, /<noscript>/, name);
  }
});

test('a po file becomes a catalogue with the forms of its own plural rule', () => {
  const po = [
    'msgid ""', 'msgstr ""', '"Language: pl\\n"',
    '"Plural-Forms: nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);\\n"', '',
    '#: client/src/frame.ts:1', 'msgid "%(n)s slip ready."', 'msgid_plural "%(n)s slips ready."',
    'msgstr[0] "A"', 'msgstr[1] "B"', 'msgstr[2] "C"', '',
    'msgid "Back"', 'msgstr "Wstecz \\"teraz\\""', '', '#, fuzzy', 'msgid "Next"', 'msgstr "?"', '', 'msgid "Skip"', 'msgstr ""',
  ].join('\n');
  const catalogue = catalogueFromPo(po, 'pl');
  assert.deepEqual(catalogue.messages, { '%(n)s slip ready.': ['A', 'B', 'C'], Back: ['Wstecz "teraz"'] });
  assert.equal(catalogue.dir, 'ltr');
  assert.deepEqual(catalogueFromPo(po, 'pl', new Set(['client/src/frame.ts'])).messages, { '%(n)s slip ready.': ['A', 'B', 'C'] });
  assert.equal([0, 1, 2, 5, 12, 22, 25, 101, 122].map((n) => catalogue.plurals[n]).join(''), '201221221');
  assert.equal(catalogueFromPo(po, 'ar').dir, 'rtl');
  assert.throws(() => catalogueFromPo(po.replace('n==1', 'process.exit()'), 'pl'));
});

test('without a catalogue the words are English, with their values filled in', () => {
  assert.equal(gettext('You: %(name)s', { name: 'Ada $& %' }), 'You: Ada $& %');
  assert.equal(gettext('%(missing)s stays'), '%(missing)s stays');
  assert.equal(ngettext('%(n)s slip', '%(n)s slips', 1), '1 slip');
  assert.equal(ngettext('%(n)s slip', '%(n)s slips', 0), '0 slips');
});

test('the answering page and the wallet hold nothing of rooms', () => {
  for (const name of ['answer.js', 'frame.js', 'messages-de.json']) {
    assert.doesNotMatch(readFileSync(`src/andon/features/ballots/bundle/${name}`, 'utf8'), /sessionStorage|\/rooms\/|onversation room/, name);
  }
  assert.match(readFileSync('src/andon/features/rooms/bundle/moderate.js', 'utf8'), /sessionStorage.*onversation room/s);
});
