/** What is asked stands in the member's language where the instrument has it, and says which language that is. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import canonicalize from 'canonicalize';
import { readInstrument } from '../src/instrument.ts';

const said = (translations: string[]): Uint8Array => {
  const texts = (text: string): Record<string, string> => Object.fromEntries(translations.map((lang) => [lang, `${text} ${lang}`]));
  const labels = Object.fromEntries(translations.map((lang) => [lang, ['1', '2', '3', '4', '5'].map((step) => `${step} ${lang}`)]));
  const instrument = { id: 'x', scale: { labels, least: 1, most: 5 }, statements: [{ code: 'a', wording: texts('a') }], version: '1.0.0' };
  return new TextEncoder().encode(canonicalize(instrument));
};

test('a draft says so and holds the original beside it, and what is no draft does not', () => {
  const states = { de: 'draft', en: 'original', fr: 'reviewed' };
  const whole = { ...(JSON.parse(new TextDecoder().decode(said(['de', 'en', 'fr']))) as object), translations: states };
  const bytes = new TextEncoder().encode(canonicalize(whole));
  const draft = readInstrument(bytes, ['de']);
  assert.equal(draft.lang, 'de');
  assert.equal(draft.original?.lang, 'en');
  assert.equal(draft.original?.statements[0]?.wording, 'a en');
  assert.equal(readInstrument(bytes, ['fr']).original, null);
  assert.equal(readInstrument(bytes, ['en']).original, null);
  assert.equal(readInstrument(said(['de', 'en']), ['de']).original, null);
});

for (const [has, asked, lang] of [
  [['de', 'en'], ['de-AT', 'en'], 'de'],
  [['de', 'en'], ['fr', 'en'], 'en'],
  [['en'], ['de-DE', 'de'], 'en'],
  [['fr'], ['de'], 'fr'],
] as const) {
  test(`an instrument in ${has.join(', ')} for ${asked.join(', ')} is read in ${lang}`, () => {
    const read = readInstrument(said([...has]), asked);
    assert.equal(read.lang, lang);
    assert.equal(read.statements[0]?.wording, `a ${lang}`);
    assert.equal(read.labels[4], `5 ${lang}`);
  });
}
