/** What a screen of a room makes of an answer, of a code from a wall, and of cards. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Band, bandOf, bandWord, keyed, pictureOf, sentenceOf } from '../src/picture.ts';
import { type Pattern, patternOf, promptsFor, type Towards } from '../src/prompts.ts';
import { Declined, NotReached, readCode, readSeen, RoomDoor, spelled } from '../src/room-door.ts';
import { coreStatements } from '../src/statements.ts';

const CORE = coreStatements(['en']);
const SEEN = { cards: null, chosen: 1, look_again_in: 1000, mine: true, phase: 'open', phones: 4, statement: { code: 'CH2' }, turn: 1, turns_in: null };

function answering(status: number, body: unknown): { door: RoomDoor; asked: { path: string; init: RequestInit }[] } {
  const asked: { path: string; init: RequestInit }[] = [];
  const door = new RoomDoor((path, init) => {
    asked.push({ path, init });
    return Promise.resolve(new Response(JSON.stringify(body), { status }));
  });
  return { door, asked };
}

test('nothing that says who asks goes to a room, and no secret stands in an address', async () => {
  const { door, asked } = answering(200, SEEN);
  await door.choose('K7QM2P4X', 'S'.repeat(22), 1, 5);
  const [{ path, init }] = asked as [{ path: string; init: RequestInit }];
  assert.equal(path, '/rooms/choose');
  assert.equal(init.credentials, 'omit');
  assert.equal(init.referrerPolicy, 'no-referrer');
  assert.deepEqual(init.headers, { 'Content-Type': 'application/json' });
  // Sorted and without spaces: the one spelling that the door reads.
  assert.equal(init.body, `{"choice":5,"code":"K7QM2P4X","seat":"${'S'.repeat(22)}","turn":1}`);
});

test('a refusal is told from a door that is not reached', async () => {
  await assert.rejects(answering(404, { error: 'no_such_room', message: '' }).door.join('K7QM2P4X'), (fault) => fault instanceof Declined && fault.code === 'no_such_room');
  await assert.rejects(answering(503, { error: 'unavailable', message: '' }).door.join('K7QM2P4X'), NotReached);
  await assert.rejects(answering(502, 'a page of a proxy').door.join('K7QM2P4X'), NotReached);
  await assert.rejects(new RoomDoor(() => Promise.reject(new TypeError('offline'))).join('K7QM2P4X'), NotReached);
});

test('an answer of another shape is none', () => {
  assert.equal(readSeen(SEEN).chosen, 1);
  assert.deepEqual(readSeen({ ...SEEN, phase: 'turned', cards: [0, 1, 2, 0, 1] }).cards, [0, 1, 2, 0, 1]);
  for (const wrong of [{}, null, { ...SEEN, cards: [1] }, { ...SEEN, cards: 'x' }, { ...SEEN, phase: 'dance' }, { ...SEEN, phones: -1 }, { ...SEEN, mine: 1 }]) {
    assert.throws(() => readSeen(wrong as never), NotReached);
  }
});

test('a code is read as people type it from a wall', () => {
  for (const typed of ['K7QM-2P4X', 'k7qm 2p4x', ' K7QM2P4X ']) assert.equal(readCode(typed), 'K7QM2P4X');
  assert.equal(readCode('oI10-aaaa'), '0110AAAA');
  for (const typed of ['', 'K7QM', 'K7QM2P4XX', 'U7QM2P4X', 'K7QM2P4!']) assert.equal(readCode(typed), null);
  assert.equal(spelled('K7QM2P4X'), 'K7QM-2P4X');
});

test('cards are named by how they lie', () => {
  const cases: [number[], Towards, Pattern][] = [
    [[0, 0, 0, 2, 1], 'safe', 'all_safe'],
    [[0, 0, 0, 2, 1], 'unsafe', 'all_unsafe'],
    [[3, 1, 0, 0, 0], 'safe', 'all_unsafe'],
    [[3, 1, 0, 0, 0], 'unsafe', 'all_safe'],
    [[0, 0, 0, 2, 1], 'unknown', 'all_agree'],
    [[2, 1, 0, 0, 0], 'unknown', 'all_disagree'],
    [[0, 0, 4, 0, 0], 'safe', 'middle'],
    [[0, 0, 2, 2, 0], 'safe', 'close'],
    [[1, 0, 0, 3, 2], 'safe', 'alone'],
    [[2, 2, 0, 0, 1], 'safe', 'alone'],
    [[0, 3, 0, 1, 0], 'safe', 'alone'],
    [[2, 0, 0, 0, 2], 'safe', 'split'],
    [[1, 2, 0, 3, 1], 'safe', 'split'],
    [[1, 1, 1, 1, 1], 'safe', 'split'],
    [[0, 1, 1, 1, 0], 'safe', 'spread'],
  ];
  for (const [cards, towards, pattern] of cases) assert.equal(patternOf(cards, towards), pattern, `${cards} ${towards}`);
  assert.equal(patternOf(null, 'safe'), 'few');
});

test('no prompt asks for a person, and where one is alone it says thank you', () => {
  const patterns: Pattern[] = ['few', 'all_safe', 'all_unsafe', 'all_agree', 'all_disagree', 'middle', 'close', 'alone', 'split', 'spread'];
  for (const pattern of patterns) {
    const { title, asks } = promptsFor(pattern);
    assert.equal(asks.length, 3, pattern);
    for (const ask of [title, ...asks]) assert.doesNotMatch(ask, /who (chose|has chosen|was|picked)|whose card was|why did you|!/i, ask);
  }
  assert.match(promptsFor('alone').title, /Thank you/);
});

test('every statement of the instrument is there, with its direction', () => {
  assert.equal(CORE.statements.length, 21);
  assert.deepEqual(CORE.statements.filter(({ reverse }) => reverse).map(({ code }) => code), ['IN3', 'LE4', 'CO4', 'CH3', 'CH4', 'AC4']);
  assert.equal(CORE.labels.length, 5);
  // A language that there is no wording in.
  assert.equal(coreStatements(['tlh']).lang, 'en');
});

test('a picture keys each answer once, and says nothing where little was answered', () => {
  const reverse = CORE.statements.find(({ code }) => code === 'IN3');
  assert.ok(reverse);
  for (const answer of [1, 2, 3, 4, 5]) assert.equal(keyed(reverse, 6 - answer), answer);
  assert.equal(bandOf([5, 5]), null);
  assert.deepEqual([[5, 5, 5, 5], [4, 3, 3, 3], [3, 3, 3, 2], [3, 3, 2, 2], [1, 1, 1, 1]].map(bandOf), ['high', 'mixed_high', 'mixed_low', 'low', 'low']);
  const [inclusion, learner] = pictureOf(CORE, { IN1: 5, IN2: 5, IN3: 5, IN4: 0, LE1: 1, LE2: 1 });
  assert.equal(inclusion?.band, 'high');
  assert.deepEqual(inclusion?.costs.map(({ code }) => code), ['IN3']);
  assert.deepEqual(inclusion?.carries.map(({ code }) => code), ['IN1', 'IN2']);
  assert.equal(learner?.band, null);
});

test('a picture says of the middle that it is neither, and of what leans less than of what lies at an end', () => {
  assert.deepEqual([[3, 3, 3, 3], [1, 5, 3], [2, 4, 3, 3]].map(bandOf), ['middle', 'middle', 'middle']);
  const middle = pictureOf(CORE, Object.fromEntries(CORE.statements.map(({ code }) => [code, 3])));
  for (const { facet, band } of middle) {
    assert.match(bandWord(facet, band), /^neither /);
    assert.match(sentenceOf(facet, band), /lean to neither side/);
  }
  const bands: Band[] = ['low', 'mixed_low', 'middle', 'mixed_high', 'high'];
  for (const { id } of CORE.facets) {
    assert.equal(new Set(bands.map((band) => sentenceOf(id, band))).size, bands.length);
    assert.match(sentenceOf(id, 'mixed_low'), /not always|sometimes|some of/);
    assert.match(sentenceOf(id, 'mixed_high'), /mostly/);
  }
});
