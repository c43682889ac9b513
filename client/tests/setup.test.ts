import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readKey, signFounding, twoPlaces } from '../src/setup.ts';
import { b64u } from '../src/wire.ts';

const KEY = new Uint8Array(32).fill(7);
const FOUNDING = {
  organisation: '0123456789abcdef0123456789abcdef',
  delegate: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
  from: '2026-11-23T21:00:00Z',
  until: '2027-12-23T21:00:00Z',
};

// Made by src/andon/features/rounds/founding.py; its test has the same.
const SIGNED = {
  stewardKey: '6kpsY-KcUgq-9VB7Ey7F-ZVHdq6-vnuSQh7qaRRG0iw',
  genesis: '2Sd0Iqm6azA3im--o8xjIddnkdJzLVVUJfzVfRYAZ-V9WONrmNknXDU0nQ3HEkrT3_BbNapCtRLWbpWbPNp-DQ',
  delegation: 'lvlrOWUcD9EczwWQh5RuKxNfVOf0z5PflBITwNCcSez8NBFVHxuSaa0HQu8apfj7J8WfRh2kfVqD7_qi4mGBCQ',
};

test('a founding is signed as the server would check it', () => {
  assert.deepEqual(signFounding(KEY, FOUNDING), SIGNED);
});

test('another term is another signature', () => {
  for (const name of ['organisation', 'delegate', 'from', 'until'] as const) {
    const other = signFounding(KEY, { ...FOUNDING, [name]: `${FOUNDING[name].slice(0, -1)}b` });
    assert.notEqual(other.delegation, SIGNED.delegation);
  }
});

test('a key is read from its file and nothing else is', () => {
  assert.deepEqual(readKey(`${b64u(KEY)}\n`), KEY);
  for (const text of ['', 'word', b64u(KEY).slice(1), `${b64u(KEY)}A`]) assert.equal(readKey(text), null);
});

test('two different words are asked for, in order, and each can come', () => {
  const seen = new Set<number>();
  for (let first = 0; first < 24; first += 1) {
    for (let second = 0; second < 23; second += 1) {
      const draws = [first, second];
      const [one, two] = twoPlaces(() => draws.shift() ?? 0);
      assert.ok(one >= 0 && one < two && two < 24);
      seen.add(one).add(two);
    }
  }
  assert.equal(seen.size, 24);
});
