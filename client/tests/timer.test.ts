/** The clock of a debrief: only what runs passes, each part keeps its own, and nothing goes on by itself. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Talk, clock } from '../src/timer.ts';

const MINUTE = 60_000;

test('a clock that was not started does not run', () => {
  const talk = new Talk([5, 8]);
  assert.equal(talk.left(10 * MINUTE), 300);
  assert.equal(talk.running, false);
});

test('a pause takes no time from the part', () => {
  const talk = new Talk([5]);
  talk.toggle(0);
  assert.equal(talk.left(MINUTE), 240);
  talk.toggle(MINUTE);
  assert.equal(talk.left(9 * MINUTE), 240);
  talk.toggle(9 * MINUTE);
  assert.equal(talk.left(10 * MINUTE), 180);
});

test('each part keeps its own time, also when the talk goes back to it', () => {
  const talk = new Talk([5, 8]);
  talk.toggle(0);
  talk.go(1, 2 * MINUTE);
  assert.equal(talk.left(3 * MINUTE), 7 * 60);
  talk.go(0, 3 * MINUTE);
  assert.equal(talk.left(4 * MINUTE), 2 * 60);
});

test('what is over is counted on, and the part stays', () => {
  const talk = new Talk([1, 1]);
  talk.toggle(0);
  assert.equal(talk.left(1.5 * MINUTE), -30);
  assert.equal(talk.at, 0);
});

test('there is nothing before the first part and after the last', () => {
  const talk = new Talk([1, 1]);
  talk.go(-1, 0);
  assert.equal(talk.at, 0);
  talk.go(1, 0);
  talk.go(2, 0);
  assert.equal(talk.at, 1);
});

test('a page that was loaded again goes on with the part and the time of the one before', () => {
  const before = new Talk([5, 8]);
  before.toggle(0);
  before.go(1, 2 * MINUTE);
  const after = new Talk([5, 8], JSON.parse(JSON.stringify(before.told())));
  assert.equal(after.at, 1);
  assert.equal(after.running, true);
  assert.equal(after.left(3 * MINUTE), 7 * 60);
  after.go(0, 3 * MINUTE);
  assert.equal(after.left(3 * MINUTE), 3 * 60);
  assert.equal(before.at, 1);
});

test('what was kept of another talk, or is none, begins anew', () => {
  const told = new Talk([1, 1]).told();
  for (const other of [null, {}, { ...told, at: 2 }, { ...told, passed: [0] }, { ...told, passed: [0, 'x'] }, { ...told, at: '1' }]) {
    const talk = new Talk([1, 1], other);
    assert.equal(talk.at, 0);
    assert.equal(talk.running, false);
    assert.equal(talk.left(MINUTE), 60);
  }
});

test('a clock says minutes and seconds', () => {
  assert.equal(clock(725), '12:05');
  assert.equal(clock(-30), '00:30');
});
