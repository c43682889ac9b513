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

test('a clock says minutes and seconds', () => {
  assert.equal(clock(725), '12:05');
  assert.equal(clock(-30), '00:30');
});
