/** The file the other side checks is the one this side makes. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { makeVectors } from './make-vectors.ts';

test('vectors/andon-typescript.json is what the sources make; `npm run vectors` writes it', async () => {
  const made = await makeVectors();
  assert.equal(await makeVectors(), made, 'making it again changes nothing');
  assert.equal(readFileSync('vectors/andon-typescript.json', 'utf8'), made);
});
