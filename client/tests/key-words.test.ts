import assert from 'node:assert/strict';
import { test } from 'node:test';
import wordText from '../../src/andon/kernel/manifest/words.txt';
import { keyFromWords, keyWords } from '../src/key-words.ts';
import { hex, Malformed } from '../src/wire.ts';

const LIST = wordText.trim().split(/\s+/);

// From BIP-39's own list of test vectors; tests/kernel/test_key_words.py has the same.
const VECTORS: [string, string][] = [
  ['00'.repeat(32), `${'abandon '.repeat(23)}art`],
  ['ff'.repeat(32), `${'zoo '.repeat(23)}vote`],
  [
    '68a79eaca2324873eacc50cb9c6eca8cc68ea5d936f98787c60c7ebc74e6ce7c',
    'hamster diagram private dutch cause delay private meat slide toddler razor book happy fancy gospel tennis ' +
      'maple dilemma loan word shrug inflict delay length',
  ],
];

for (const [key, words] of VECTORS) {
  test(`the words of ${key.slice(0, 8)} are those of the standard, both ways`, () => {
    assert.equal(keyWords(Uint8Array.from(key.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16)), LIST).join(' '), words);
    assert.equal(hex(keyFromWords(words, LIST)), key);
  });
}

test('words are read as people type them', () => {
  const numbered = keyWords(new Uint8Array(32).fill(7), LIST).map((word, place) => `${place + 1}. ${word.toUpperCase()}`);
  assert.equal(hex(keyFromWords(numbered.join('\n'), LIST)), '07'.repeat(32));
});

test('a wrong word, a missing one and two that changed places are seen', () => {
  const words = keyWords(new Uint8Array(32).fill(7), LIST);
  assert.throws(() => keyFromWords(['aluminium', ...words.slice(1)].join(' '), LIST), Malformed);
  assert.throws(() => keyFromWords(words.slice(1).join(' '), LIST), Malformed);
  assert.throws(() => keyFromWords([words[1], words[0], ...words.slice(2)].join(' '), LIST), Malformed);
});
