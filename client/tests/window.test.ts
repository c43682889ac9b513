/** A question a day: what is asked by now, one tap, a ballot of its own, and a random time for each. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { IDBFactory } from 'fake-indexeddb';
import { openDatabase } from '../src/database.ts';
import { Door } from '../src/door.ts';
import { readManifest, readUnitProof } from '../src/manifest.ts';
import { Sitting } from '../src/sitting.ts';
import { type Member, Wallet } from '../src/wallet.ts';
import { type Bytes, hasKeys, isObject, type JsonObject, list, parseJson, unb64u } from '../src/wire.ts';
import { type RoundPlan, Stage, type StagedRound } from './stage.ts';

const ADA: Member = { wallet: 'w-ada', me: 'Ada <ada@example.org>' };
const QUESTIONS = ['ballot/LE1', 'ballot/CH2', 'ballot/AC1'];
const WINDOW: RoundPlan = { kind: 'daily', purposes: QUESTIONS, from: ['2020-11-23T08:00:00Z', '2020-11-24T08:00:00Z', '2098-01-01T08:00:00Z'] };

interface Scene {
  stage: Stage;
  round: StagedRound;
  wallet: Wallet;
  door: Door;
  sitting: Sitting;
}

async function scene(plan: RoundPlan = {}): Promise<Scene> {
  const stage = new Stage();
  const round = stage.publish({ ...WINDOW, ...plan });
  stage.openRound(round);
  const wallet = new Wallet(await openDatabase('andon-wallet', new IDBFactory()));
  const door = new Door(stage.fetch);
  await wallet.remember(ADA);
  await door.follow(wallet);
  const blinded = await wallet.draw(ADA.wallet, round.round, round.purposes);
  const answer = stage.evaluate(ADA.me, round.round, blinded);
  const evaluations = new Map(
    list(answer['evaluations']).map((entry): [string, Bytes] => {
      const { purpose, value } = hasKeys(entry, 'purpose', 'value');
      return [String(purpose), unb64u(value, 96)];
    }),
  );
  await wallet.accept(ADA, round.round, readUnitProof(answer), evaluations);
  const sitting = await Sitting.open(wallet, door, ADA, round.round, ['en']);
  assert.ok(sitting);
  return { stage, round, wallet, door, sitting };
}

const codes = (statements: { code: string }[]): string[] => statements.map(({ code }) => code);

test('a window asks what is asked by now, in its order, and the newest is the question of the day', async () => {
  const { sitting } = await scene();
  assert.ok(sitting.isWindow);
  assert.deepEqual(codes(sitting.statements), ['LE1', 'CH2']);
  assert.equal(sitting.newest?.code, 'CH2');
  assert.deepEqual(codes(sitting.missed), ['LE1']);
});

test('one tap seals a ballot of that question alone and queues it: nothing leaves', async () => {
  const { stage, sitting } = await scene();
  await sitting.answerAndSeal('CH2', 4);
  assert.equal(stage.received.length, 0);
  assert.deepEqual(sitting.waiting.map(({ purpose }) => purpose), ['ballot/CH2']);
  const [cast] = sitting.waiting;
  assert.ok(cast && cast.sendAfter > Date.now() && cast.sendAfter < cast.closesAt);
  assert.ok(sitting.isAnswered('CH2') && !sitting.isAnswered('LE1'));
});

test('two answers have two keys, two slots and two times', async () => {
  const { sitting, wallet, round } = await scene();
  await sitting.answerAndSeal('LE1', 2);
  await sitting.answerAndSeal('CH2', 2);
  const [one, other] = sitting.waiting;
  assert.ok(one && other);
  assert.notEqual(one.slot, other.slot);
  assert.notEqual(one.sendAfter, other.sendAfter);
  const slips = await wallet.slips(ADA.wallet, round.round);
  assert.equal(new Set(slips.map(({ publicKey }) => publicKey.join())).size, 3);
});

test('what waits is sent after its time by whichever page runs then, and at once in the last 48 hours', async () => {
  const { stage, sitting, wallet, door } = await scene();
  await sitting.answerAndSeal('LE1', 5);
  const [cast] = sitting.waiting;
  assert.ok(cast);
  await door.sendDue(wallet, cast.sendAfter - 1);
  assert.equal(stage.received.length, 0);
  await door.sendDue(wallet, cast.sendAfter);
  assert.equal(stage.received.length, 1);

  const late = await scene({ closesAt: new Date(Date.now() + 47 * 3_600_000).toISOString().replace(/\.\d+Z/, 'Z'), from: ['2020-11-23T08:00:00Z', '2020-11-24T08:00:00Z', '2020-11-25T08:00:00Z'] });
  await late.sitting.answerAndSeal('AC1', 5);
  assert.equal(late.stage.received.length, 1);
});

test('an answer is changed by a higher sequence of the same slip', async () => {
  const { sitting } = await scene();
  await sitting.answerAndSeal('LE1', 1);
  const [first] = sitting.waiting;
  await sitting.answerAndSeal('LE1', 4);
  const [second] = sitting.waiting;
  assert.equal(sitting.waiting.length, 1);
  assert.deepEqual([first?.sequence, second?.sequence], [1, 2]);
  assert.equal(first?.slot, second?.slot);
});

test('the box holds one answer for each question, and a receipt says which', async () => {
  const { stage, round, sitting } = await scene();
  await sitting.answerAndSeal('LE1', 1);
  await sitting.answerAndSeal('CH2', 5);
  await sitting.sendNow();
  assert.deepEqual([...round.ballots.values()].map(({ purpose }) => purpose).sort(), ['ballot/CH2', 'ballot/LE1']);
  assert.equal(stage.received.length, 2);
  const file = parseJson(sitting.receiptsFile());
  assert.ok(isObject(file));
  assert.deepEqual(
    list(file['receipts']).map((receipt) => hasKeys(receipt, 'purpose')['purpose']).sort(),
    ['ballot/CH2', 'ballot/LE1'],
  );
});

const refused = { name: 'Refusal', code: 'manifest_malformed' };

test('a manifest of a window whose questions are not its purposes, or out of order, is refused', () => {
  const { manifest } = new Stage().publish(WINDOW);
  assert.equal(readManifest(manifest).questions.length, 3);
  const asked = list(manifest['questions']) as JsonObject[];
  const [one, two, three] = asked as [JsonObject, JsonObject, JsonObject];
  const wrong: JsonObject[] = [
    { ...manifest, questions: [two, one, three] },
    { ...manifest, questions: [one, two] },
    { ...manifest, questions: [one, { ...two, from: one['from'] ?? '' }, three] },
    { ...manifest, questions: [{ ...one, from: '2020-11-23T09:00:00Z' }, two, three] },
    { ...manifest, questions: [one, two, { ...three, from: '2099-12-31T08:00:00Z' }] },
    { ...manifest, questions: [] },
    { ...manifest, kind: 'full' },
    { ...manifest, purposes: ['ballot'] },
  ];
  for (const body of wrong) assert.throws(() => readManifest(body), refused);
  const { questions: _, ...without } = manifest;
  assert.throws(() => readManifest(without), refused);
});
