/** Where a dragged team may be dropped. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { destination } from '../src/teams.ts';

const ID = 'a'.repeat(32);
const OTHER = 'b'.repeat(32);

function line(team: string, move: string, holds = false): HTMLElement {
  return { dataset: { team, move }, closest: () => ({ contains: () => holds }) } as unknown as HTMLElement;
}

test('a team that is dropped on another leads to its own page of moving', () => {
  assert.equal(
    destination(line(ID, `/people/teams/${ID}/move/`), line(OTHER, '')),
    `/people/teams/${ID}/move/?to=${OTHER}`,
  );
});

test('nothing is dropped on itself or below itself', () => {
  assert.equal(destination(line(ID, `/people/teams/${ID}/move/`, true), line(OTHER, '')), null);
});

test('no other address is ever led to', () => {
  for (const move of ['', `//elsewhere/people/teams/${ID}/move/`, `https://elsewhere/${ID}/move/`, '/people/teams/x/move/']) {
    assert.equal(destination(line(ID, move), line(OTHER, '')), null);
  }
  assert.equal(destination(line(ID, `/people/teams/${ID}/move/`), line('?next=', '')), null);
});
