/** A private key as twenty-four words on paper. Reference: BIP-39, and src/andon/kernel/manifest/key_words.py. */

import { concat, digest, Malformed, type Bytes } from './wire.ts';

const KEY_BYTES = 32;
export const KEY_WORDS = 24;
const BITS_PER_WORD = 11;

export function keyWords(key: Uint8Array, list: readonly string[]): string[] {
  if (key.length !== KEY_BYTES) throw new Malformed('a steward key has 32 bytes');
  const bits = [...concat(key, digest(key).slice(0, 1))].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return Array.from({ length: KEY_WORDS }, (_, place) => {
    const number = Number.parseInt(bits.slice(place * BITS_PER_WORD, (place + 1) * BITS_PER_WORD), 2);
    return list[number] ?? '';
  });
}

/** Capital letters, numbers in front and punctuation do not matter. Throws Malformed; its text holds no word. */
export function keyFromWords(text: string, list: readonly string[]): Bytes {
  const typed = text.toLowerCase().match(/\p{L}+/gu) ?? [];
  if (typed.length !== KEY_WORDS) throw new Malformed(`expected ${KEY_WORDS} words`);
  const numbers = typed.map((word) => list.indexOf(word));
  if (numbers.includes(-1)) throw new Malformed('a word is not one of the list');
  const bits = numbers.map((number) => number.toString(2).padStart(BITS_PER_WORD, '0')).join('');
  const bytes = Uint8Array.from(bits.match(/.{8}/g) ?? [], (byte) => Number.parseInt(byte, 2));
  const key = bytes.slice(0, KEY_BYTES);
  if (digest(key)[0] !== bytes[KEY_BYTES]) throw new Malformed('these words do not belong together');
  return key;
}
