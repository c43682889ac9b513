/** The wallet keeps what it must before it speaks, and refuses, loudly, what it must refuse. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ed25519 } from '@noble/curves/ed25519.js';
import { IDBFactory } from 'fake-indexeddb';
import { Door } from '../src/door.ts';
import { openDatabase } from '../src/database.ts';
import wordText from '../../src/andon/kernel/manifest/words.txt';
import { entryHash, fingerprint, readUnitProof, sizeOf, type Unit } from '../src/manifest.ts';
import type { RefusalCode } from '../src/refusal.ts';
import { answersPayload, laterTime, type Member, Wallet } from '../src/wallet.ts';
import { b64u, type Bytes, hasKeys, type JsonObject, list, unb64u } from '../src/wire.ts';
import { hashOf, people, random, type RoundPlan, seatsOf, Stage, type StagedRound } from './stage.ts';

const HOUR = 3_600_000;
const ADA: Member = { wallet: 'w-ada', me: 'Ada <ada@example.org>' };

interface Scene {
  stage: Stage;
  round: StagedRound;
  wallet: Wallet;
  door: Door;
  factory: IDBFactory;
}

async function scene(plan: RoundPlan = {}, { opened = true } = {}): Promise<Scene> {
  const stage = new Stage();
  const round = stage.publish(plan);
  if (opened) stage.openRound(round);
  const factory = new IDBFactory();
  const wallet = new Wallet(await openDatabase('andon-wallet', factory));
  const door = new Door(stage.fetch);
  await wallet.remember(ADA);
  await door.follow(wallet);
  return { stage, round, wallet, door, factory };
}

function evaluationsOf(answer: JsonObject): Map<string, Bytes> {
  return new Map(
    list(answer['evaluations']).map((entry) => {
      const { purpose, value } = hasKeys(entry, 'purpose', 'value');
      return [String(purpose), unb64u(value, 96)] as const;
    }),
  );
}

/** Fetches Ada's slips; `tamper` changes what the server answers. */
async function fetchSlip({ stage, round, wallet }: Scene, tamper: (answer: JsonObject) => JsonObject = (answer) => answer): Promise<Unit> {
  const blinded = await wallet.draw(ADA.wallet, round.round, round.purposes);
  const answer = tamper(stage.evaluate(ADA.me, round.round, blinded));
  return wallet.accept(ADA, round.round, readUnitProof(answer), evaluationsOf(answer));
}

const refuses = (code: RefusalCode) => ({ name: 'Refusal', code });

test('a slip is drawn, evaluated, verified and cast, and the box holds exactly the answers', async () => {
  const all = await scene();
  await fetchSlip(all);
  const cast = await all.wallet.prepareCast(ADA, all.round.round, 'ballot', answersPayload({ LE1: 4, CH2: 0 }, ['LE1', 'CH2']));
  assert.deepEqual(await all.door.send(all.wallet, cast), { outcome: 'accepted' });
  assert.deepEqual(await all.stage.opened(all.round), [{ purpose: 'ballot', payload: { answers: { LE1: 4 }, v: 1 } }]);
  const kept = await all.wallet.cast(ADA.wallet, all.round.round, 'ballot');
  assert.deepEqual(kept?.receipt, { slot: cast.slot, ciphertextHash: cast.ciphertextHash, sequence: 1 });
});

// --- The key is on disk before the blinded value leaves ------------------------------------------------------------

/** Crashes the browser at the moment the blinded value is out: a transaction that is not complete is lost. */
async function keySurvivesACrash(kind: typeof Wallet): Promise<boolean> {
  const factory = new IDBFactory();
  const database = await openDatabase('andon-wallet', factory);
  const begun: { transaction: IDBTransaction; options: IDBTransactionOptions | undefined }[] = [];
  const original = database.transaction.bind(database);
  database.transaction = (stores, mode, options) => {
    const transaction = original(stores, mode, options);
    if (mode === 'readwrite') begun.push({ transaction, options });
    return transaction;
  };
  const [value] = await new kind(database).draw('w', '0'.repeat(32), ['ballot']);
  for (const { transaction, options } of begun) {
    assert.equal(options?.durability, 'strict');
    try {
      transaction.abort();
    } catch {
      // Complete: a crash can no longer undo it.
    }
  }
  database.close();
  const slip = await new Wallet(await openDatabase('andon-wallet', factory)).slip('w', '0'.repeat(32), 'ballot');
  return slip !== undefined && b64u(slip.blinded) === value?.value && slip.blind.length === 32 && slip.secretKey.length === 32;
}

test('key and blind are committed before the blinded value leaves', async () => {
  assert.equal(await keySurvivesACrash(Wallet), true);
});

test('a wallet that does not wait for the commit is caught by the same check', async () => {
  class Hasty extends Wallet {
    protected override committed(transaction: IDBTransaction): Promise<void> {
      transaction.onabort = () => undefined;
      return Promise.resolve();
    }
  }
  assert.equal(await keySurvivesACrash(Hasty), false);
});

test('two frames at once draw one key for a round and purpose', async () => {
  const factory = new IDBFactory();
  const wallets = await Promise.all([1, 2, 3].map(async () => new Wallet(await openDatabase('andon-wallet', factory))));
  const drawn = await Promise.all(wallets.map((wallet) => wallet.draw('w', 'a'.repeat(32), ['ballot', 'comment'])));
  assert.deepEqual(drawn[1], drawn[0]);
  assert.deepEqual(drawn[2], drawn[0]);
  const other = await wallets[0]?.draw('another member', 'a'.repeat(32), ['ballot']);
  assert.notEqual(other?.[0]?.value, drawn[0]?.[0]?.value);
});

test('a blinded value whose answer was lost is asked for again, and a ready slip is not', async () => {
  const all = await scene();
  const first = await all.wallet.draw(ADA.wallet, all.round.round, ['ballot']);
  all.stage.evaluate(ADA.me, all.round.round, first);
  assert.deepEqual(await all.wallet.draw(ADA.wallet, all.round.round, ['ballot']), first);
  await fetchSlip(all);
  assert.deepEqual(await all.wallet.draw(ADA.wallet, all.round.round, ['ballot']), []);
});

// --- Refusals of section 11 ------------------------------------------------------------------------------------------

async function refused(plan: RoundPlan, code: RefusalCode, tamper: (answer: JsonObject, all: Scene) => JsonObject): Promise<void> {
  const all = await scene(plan);
  await assert.rejects(fetchSlip(all, (answer) => tamper(answer, all)), refuses(code));
  assert.equal((await all.wallet.slip(ADA.wallet, all.round.round, 'ballot'))?.output, null, 'the slip is not ready');
  await assert.rejects(all.wallet.unit(ADA, all.round.round), refuses(code), 'the answering page sees the refusal, too');
  await assert.rejects(all.wallet.prepareCast(ADA, all.round.round, 'ballot', answersPayload({}, [])), refuses(code));
}

const copy = (value: JsonObject): JsonObject => structuredClone(value);
const part = (value: JsonObject, name: string): JsonObject => value[name] as JsonObject;

test('refuses a key that is not in the manifest', () =>
  refused({}, 'key_not_in_manifest', (answer) => {
    const changed = copy(answer);
    part(part(changed, 'leaf'), 'keys')['ballot'] = b64u(random(32));
    return changed;
  }));

test('refuses a leaf with another place in the tree, another count, or a shortened path', async () => {
  await refused({}, 'key_not_in_manifest', (answer) => ({ ...answer, index: 1 - Number(answer['index']) }));
  await refused({}, 'key_not_in_manifest', (answer) => ({ ...answer, count: 3 }));
  await refused({}, 'key_not_in_manifest', (answer) => ({ ...answer, path: [] }));
});

test('refuses a leaf without a key for a purpose of the manifest', () =>
  refused({ purposes: ['ballot', 'comment'] }, 'key_not_in_manifest', (answer) => {
    const changed = copy(answer);
    delete part(part(changed, 'leaf'), 'keys')['comment'];
    return changed;
  }));

test('a unit under eight has no key for comments, a larger one has', async () => {
  const purposes = ['ballot', 'comment'];
  await refused({ purposes, members: people(7), commentsFor: () => true }, 'key_not_in_manifest', (answer) => answer);
  await refused({ purposes, commentsFor: () => false }, 'key_not_in_manifest', (answer) => answer);
  await refused({ purposes, leastBallots: 10, members: people(9), commentsFor: () => true }, 'key_not_in_manifest', (answer) => answer);
  const small = await scene({ purposes, members: people(7) });
  small.round.purposes = ['ballot'];
  assert.deepEqual(Object.keys((await fetchSlip(small)).keys), ['ballot']);
});

test('refuses a proof under another key than the published one', () =>
  refused({ forgeKeys: true }, 'proof_invalid', (answer) => answer));

test('refuses an evaluation that was changed', () =>
  refused({}, 'proof_invalid', (answer) => {
    const [entry] = list(answer['evaluations']) as JsonObject[];
    const bytes = unb64u(entry?.['value'], 96);
    bytes[3] = (bytes[3] ?? 0) ^ 1;
    return { ...answer, evaluations: [{ purpose: 'ballot', value: b64u(bytes) }] };
  }));

test('refuses a roster under five, also when it was committed to', () =>
  refused({ members: people(4) }, 'roster_too_small', (answer) => answer));

test('refuses when no roster is shown, when it is another, and when names repeat', async () => {
  const all = await scene();
  await assert.rejects(fetchSlip(all, ({ opening: _, ...rest }) => rest), refuses('roster_missing'));
  await refused({}, 'roster_missing', (answer) => ({ ...answer, opening: {} }));
  await refused({}, 'roster_mismatch', (answer) => ({ ...answer, opening: { ...part(answer, 'opening'), name: 'Other' } }));
  await refused({}, 'roster_mismatch', (answer) => {
    const opening = part(answer, 'opening');
    const zoe = { label: 'Zoe <zoe@example.org>', salt: b64u(random(16)) };
    const swapped = [...(list(opening['members']) as JsonObject[]).filter(({ label }) => label === ADA.me), ...seatsOf(people(8).slice(2)), zoe];
    return { ...answer, opening: { ...opening, members: swapped.sort((a, b) => (hashOf(a) < hashOf(b) ? -1 : 1)) } };
  });
  await refused({ whole: true }, 'roster_mismatch', (answer) => {
    const opening = part(answer, 'opening');
    return { ...answer, opening: { ...opening, members: [...list(opening['members']).slice(0, 7), 'Zoe <zoe@example.org>'] } };
  });
  await refused({ whole: true, members: [...people(4), people(4)[3] as string] }, 'roster_mismatch', (answer) => answer);
  // With a salt each, one name has as many hashes as a server likes.
  await refused({ members: [...people(4), people(4)[3] as string] }, 'roster_unreadable', (answer) => answer);
  for (const unseen of ['\u200b', '\u202e', '\u2066', '\u200d', '\u00ad', '\ufeff', '\u0000']) {
    await refused({ members: [...people(5), `Bo${unseen} <bo@example.org>`] }, 'roster_unreadable', (answer) => answer);
  }
});

test('refuses a roster of the older form that is offered as the newer one, and the other way round', async () => {
  await refused({ whole: true }, 'roster_mismatch', (answer) => {
    const opening = part(answer, 'opening');
    return { ...answer, opening: { ...opening, members: seatsOf(list(opening['members']) as string[]) } };
  });
  await refused({}, 'roster_mismatch', (answer) => {
    const opening = part(answer, 'opening');
    const labels = (list(opening['members']) as JsonObject[]).map(({ label }) => String(label)).sort();
    return { ...answer, opening: { ...opening, members: labels } };
  });
});

test('refuses places of a roster that are not in order, stand twice, or are neither a name nor a hash', async () => {
  const withMembers = (change: (members: JsonObject[]) => unknown[]) => (answer: JsonObject): JsonObject => {
    const opening = part(answer, 'opening');
    return { ...answer, opening: { ...opening, members: change(list(opening['members']) as JsonObject[]) as JsonObject[] } };
  };
  await refused({}, 'roster_mismatch', withMembers((members) => [...members].reverse()));
  await refused({}, 'roster_mismatch', withMembers(([first, ...rest]) => [first, first, ...rest]));
  await refused({}, 'roster_mismatch', withMembers((members) => members.slice(1)));
  await refused({}, 'roster_missing', withMembers(([first, ...rest]) => [{ ...first, hash: hashOf(first as JsonObject) }, ...rest]));
  await refused({}, 'roster_missing', withMembers(([, ...rest]) => [null, ...rest]));
  await refused({}, 'roster_missing', withMembers(([, ...rest]) => [{ hash: 'x' }, ...rest]));
});

test('refuses places in another order or counted twice also where the operator committed to them so', async () => {
  await refused({ seats: (seats) => seats.toReversed() }, 'roster_mismatch', (answer) => answer);
  // Four people and somebody erased, who would be the fifth and the sixth.
  const twice = (seats: JsonObject[]): JsonObject[] => {
    const gone = { hash: 'f'.repeat(64) };
    return [...seats, gone, gone];
  };
  await refused({ members: people(4), seats: twice }, 'roster_mismatch', (answer) => answer);
});

// --- Somebody was erased ---------------------------------------------------------------------------------------------

test('somebody who is erased during an open round is counted, and is no longer named', async () => {
  const all = await scene();
  all.stage.erase(all.round, people(8)[3] as string);
  const unit = await fetchSlip(all);
  assert.equal(unit.erased, 1);
  assert.equal(unit.members.length, 7);
  assert.equal(unit.members.includes(people(8)[3] as string), false);
  assert.equal(sizeOf(unit), 8);
});

test('a roster that hides somebody is refused when it is seen for the first time before the opening', async () => {
  const all = await scene({}, { opened: false });
  all.stage.erase(all.round, people(8)[3] as string);
  await assert.rejects(fetchSlip(all), refuses('roster_erased'));
  // Once it is open there may be a reason, and the page says how many they are.
  all.stage.openRound(all.round);
  await all.door.follow(all.wallet);
  assert.equal((await fetchSlip(all)).erased, 1);
});

test('who was shown by name before may be erased before the opening', async () => {
  const all = await scene({ purposes: ['ballot', 'comment'] }, { opened: false });
  const [ballot] = await all.wallet.draw(ADA.wallet, all.round.round, ['ballot']);
  const first = all.stage.evaluate(ADA.me, all.round.round, ballot ? [ballot] : []);
  await all.wallet.accept(ADA, all.round.round, readUnitProof(first), evaluationsOf(first));
  all.stage.erase(all.round, people(8)[3] as string);
  assert.equal((await fetchSlip(all)).erased, 1);
});

test('refuses a roster of which the member itself was erased, and one of the older form that lost somebody', async () => {
  await refused({}, 'not_in_roster', (answer, all) => {
    all.stage.erase(all.round, ADA.me);
    return { ...answer, ...all.stage.proof(all.round, all.stage.unitOf(all.round, ADA.me)) };
  });
  await refused({ whole: true }, 'roster_missing', (answer, all) => {
    all.stage.erase(all.round, people(8)[3] as string);
    return { ...answer, ...all.stage.proof(all.round, all.stage.unitOf(all.round, ADA.me)) };
  });
});

test('refuses a unit whose roster does not hold the member', () =>
  refused({ members: people(8).slice(1) }, 'not_in_roster', (answer) => answer));

test('refuses a second unit in the same round', async () => {
  const all = await scene({ members: people(6), purposes: ['ballot', 'comment'] });
  const [value] = await all.wallet.draw(ADA.wallet, all.round.round, ['ballot']);
  const answer = all.stage.evaluate(ADA.me, all.round.round, value ? [value] : []);
  await all.wallet.accept(ADA, all.round.round, readUnitProof(answer), evaluationsOf(answer));
  const other = all.round.units.find(({ members }) => !members.includes(ADA.me));
  assert.ok(other);
  await assert.rejects(
    all.wallet.accept({ ...ADA, me: other.members[0] ?? '' }, all.round.round, readUnitProof(all.stage.proof(all.round, other)), new Map()),
    refuses('key_not_in_manifest'),
  );
});

test('refuses a second leaf in the same round, also one under the same unit id and with the same people', async () => {
  const all = await scene({ spare: true, purposes: ['ballot', 'comment'] });
  const [value] = await all.wallet.draw(ADA.wallet, all.round.round, ['ballot']);
  const answer = all.stage.evaluate(ADA.me, all.round.round, value ? [value] : []);
  await all.wallet.accept(ADA, all.round.round, readUnitProof(answer), evaluationsOf(answer));
  const [own, spare] = all.round.units;
  assert.ok(own && spare);
  assert.equal(own.leaf['unit'], spare.leaf['unit']);
  await assert.rejects(
    all.wallet.accept(ADA, all.round.round, readUnitProof(all.stage.proof(all.round, spare)), new Map()),
    refuses('key_not_in_manifest'),
  );
});

test('a person counted alone sees other words for the group than the colleagues do', async () => {
  const all = await scene({ spare: true });
  const [own, spare] = all.round.units.map(({ leaf }) => fingerprint(leaf, wordText.trim().split('\n')));
  assert.equal(own?.split(' ').length, 12);
  assert.notEqual(own, spare);
});

test('refuses a round that is not in the log', async () => {
  const { wallet } = await scene();
  await assert.rejects(wallet.manifest('f'.repeat(32)), refuses('round_not_in_log'));
});

// --- The log and manifests seen before --------------------------------------------------------------------------------

test('refuses a second manifest for a round', async () => {
  const { stage, round, wallet, door } = await scene();
  const previous = (await wallet.head())?.hash ?? '';
  stage.append('manifest', { ...round.manifest, closes_at: '2098-01-01T00:00:00Z', previous });
  await assert.rejects(door.follow(wallet), refuses('manifest_changed'));
});

test('refuses a log that was rewritten, shortened, or goes on from somewhere else', async () => {
  const rewritten = await scene();
  const last = rewritten.stage.log.at(-1);
  assert.ok(last);
  last.body = { round: 'e'.repeat(32) };
  await assert.rejects(rewritten.door.follow(rewritten.wallet), refuses('log_rewritten'));

  const shortened = await scene();
  shortened.stage.log.pop();
  await assert.rejects(shortened.door.follow(shortened.wallet), refuses('log_rewritten'));

  const forked = await scene();
  const replaced = forked.stage.log.at(-1);
  assert.ok(replaced);
  replaced.body = { round: 'e'.repeat(32) };
  forked.stage.append('opened', { round: 'd'.repeat(32) });
  await assert.rejects(forked.door.follow(forked.wallet), refuses('log_rewritten'));
});

test('refuses entries that do not chain, signatures that fail, and a manifest signed for another place', async () => {
  const unsigned = await scene();
  unsigned.stage.publish().manifest;
  (unsigned.stage.log.at(-1) as { signature: string }).signature = b64u(random(64));
  await assert.rejects(unsigned.door.follow(unsigned.wallet), refuses('signature_invalid'));

  const unchained = await scene();
  unchained.stage.append('opened', { round: 'd'.repeat(32) }).previous = 'a'.repeat(64);
  await assert.rejects(unchained.door.follow(unchained.wallet), refuses('log_broken'));

  const replayed = await scene();
  replayed.stage.append('manifest', { ...replayed.round.manifest, round: 'c'.repeat(32) });
  await assert.rejects(replayed.door.follow(replayed.wallet), refuses('log_broken'));

  const second = await scene();
  second.stage.append('genesis', { ...(second.stage.log[0] as { body: JsonObject }).body });
  await assert.rejects(second.door.follow(second.wallet), refuses('log_broken'));
});

// --- The steward's key lets another key sign ---------------------------------------------------------------------------

const OPENS = { opensAt: '2020-11-23T08:00:00Z', closesAt: '2099-11-30T17:00:00Z' };

test('follows what a delegate signed, also after the wallet was closed in between', async () => {
  const all = await scene();
  all.stage.delegateTo(random(32));
  await all.door.follow(all.wallet);
  const round = all.stage.publish(OPENS);
  all.stage.append('bundle', { files: { 'answer.js': '1'.repeat(64) }, reason: 'A page was blank.', round: round.round });
  all.stage.delegateTo(random(32));
  all.stage.publish(OPENS);
  await all.door.follow(all.wallet);
  const again = new Wallet(await openDatabase('andon-wallet', all.factory));
  all.stage.publish(OPENS);
  await all.door.follow(again);
  assert.equal((await again.head())?.index, all.stage.log.length - 1);
  assert.equal((await again.seenRound(round.round))?.replaced.length, 1);
});

/** What an operator tries; the twin without `refused` shows that the scene itself is followed. */
async function delegated(act: (stage: Stage) => void, code: RefusalCode | null): Promise<void> {
  const all = await scene();
  act(all.stage);
  if (code === null) await all.door.follow(all.wallet);
  else await assert.rejects(all.door.follow(all.wallet), refuses(code));
  const fresh = new Wallet(await openDatabase('andon-wallet', new IDBFactory()));
  if (code === null) await new Door(all.stage.fetch).follow(fresh);
  else await assert.rejects(new Door(all.stage.fetch).follow(fresh), refuses(code));
}

test('refuses a delegate before, after and outside its delegation', async () => {
  const [old, other] = [random(32), random(32)];
  await delegated((stage) => { stage.delegateTo(old); stage.publish(OPENS); }, null);
  await delegated((stage) => { stage.delegate = old; stage.publish(OPENS); }, 'signature_invalid');
  await delegated((stage) => { stage.delegate = old; stage.publish(OPENS); stage.delegateTo(old); }, 'signature_invalid');
  await delegated((stage) => { stage.delegateTo(old); stage.delegateTo(other); stage.delegate = old; stage.publish(OPENS); }, 'signature_invalid');
  await delegated((stage) => { stage.delegateTo(old, { until: '2020-11-23T07:59:59Z' }); stage.publish(OPENS); }, 'signature_invalid');
  await delegated((stage) => { stage.delegateTo(old, { until: '2020-11-23T08:00:00Z' }); stage.publish(OPENS); }, null);
  await delegated((stage) => { stage.delegateTo(old, { from: '2020-11-23T08:00:01Z' }); stage.publish(OPENS); }, 'signature_invalid');
});

test('a page of a round that is over by then cannot be replaced by a later delegate', async () => {
  const bundle = (stage: Stage, closesAt: string): void => {
    const round = stage.publish({ ...OPENS, closesAt });
    stage.delegateTo(random(32), { from: '2021-01-01T00:00:00Z', until: '2021-06-01T00:00:00Z' });
    stage.append('bundle', { files: { 'answer.js': '1'.repeat(64) }, reason: 'A page was blank.', round: round.round });
  };
  await delegated((stage) => bundle(stage, '2021-01-01T00:00:00Z'), null);
  await delegated((stage) => bundle(stage, '2020-12-31T23:59:59Z'), 'signature_invalid');
});

test('refuses a delegation that the steward did not give to this log, now', async () => {
  const key = random(32);
  await delegated((stage) => stage.delegateTo(key, { organisation: '0'.repeat(32) }), 'log_broken');
  await delegated((stage) => stage.delegateTo(key, { delegate: b64u(ed25519.getPublicKey(stage.steward)) }), 'log_broken');
  await delegated((stage) => stage.delegateTo(key, { until: '2022-06-01T00:00:00Z' }), 'log_broken');
  await delegated((stage) => stage.delegateTo(key, { until: '2020-06-01T00:00:00Z' }), 'log_broken');
  await delegated((stage) => stage.delegateTo(key, { previous: '0'.repeat(64) }), 'log_broken');
  await delegated((stage) => stage.delegateTo(key, { previous: entryHash(stage.log[0]!) }), null);
  // By the delegate itself, for a successor.
  await delegated((stage) => {
    stage.delegateTo(key);
    Object.assign(stage, { steward: key });
    stage.delegateTo(random(32));
  }, 'signature_invalid');
});

test('a key that was replaced is not brought back by showing its delegation again', async () => {
  await delegated((stage) => {
    const { body, signature } = stage.delegateTo(random(32));
    stage.delegateTo(random(32));
    Object.assign(stage.append('delegation', body), { signature });
  }, 'log_broken');
});

test('a wallet of version 0.1.0, which read no delegations, reads the log again and holds it against what it saw', async () => {
  const older = async (): Promise<Scene> => {
    const all = await scene();
    await fetchSlip(all);
    all.stage.delegateTo(random(32));
    await all.door.follow(all.wallet);
    const database = await openDatabase('andon-wallet', all.factory);
    const { delegation: _, since: __, ...head } = (await all.wallet.head())!;
    await new Promise((resolve) => {
      const transaction = database.transaction(['log'], 'readwrite');
      transaction.objectStore('log').put({ name: 'head', head });
      transaction.oncomplete = resolve;
    });
    all.stage.publish(OPENS);
    return all;
  };
  const all = await older();
  await all.door.follow(all.wallet);
  assert.equal((await all.wallet.head())?.index, all.stage.log.length - 1);
  assert.deepEqual(await all.wallet.anchors(), []);
  assert.equal((await all.wallet.seenRound(all.round.round))?.opened, true);
  assert.equal((await all.wallet.unit(ADA, all.round.round)).members.length, 8);
  const rewritten = await older();
  const forked = new Stage();
  Object.assign(rewritten.stage, { log: forked.log });
  forked.publish();
  forked.publish();
  forked.publish();
  forked.publish();
  await assert.rejects(rewritten.door.follow(rewritten.wallet), refuses('log_rewritten'));
});

test('follows a log of several hundred entries, page by page, and asks for whole pages only', async () => {
  const { stage, wallet, door } = await scene();
  for (let i = 0; i < 250; i += 1) stage.append('opened', { round: i.toString(16).padStart(32, '0') });
  stage.asked.length = 0;
  await door.follow(wallet);
  assert.deepEqual(stage.asked, ['/log/head', '/log/?from=0', '/log/?from=100', '/log/?from=200']);
  assert.equal((await wallet.head())?.index, stage.log.length - 1);
  stage.append('opened', { round: 'a'.repeat(32) });
  stage.asked.length = 0;
  await door.follow(wallet);
  assert.deepEqual(stage.asked, ['/log/head', '/log/?from=200']);
});

test('a kind of a later version is followed, so that an older page goes on working', async () => {
  const { stage, wallet, door } = await scene();
  stage.append('a-kind-of-tomorrow', { anything: true });
  await door.follow(wallet);
  assert.equal((await wallet.head())?.index, stage.log.length - 1);
});

test('two frames that follow the log at once do not raise a false alarm', async () => {
  const { stage, wallet, door, factory } = await scene();
  const second = new Wallet(await openDatabase('andon-wallet', factory));
  stage.append('opened', { round: 'd'.repeat(32) });
  await Promise.all([door.follow(wallet), new Door(stage.fetch).follow(second), door.follow(second)]);
  assert.equal((await second.head())?.index, stage.log.length - 1);
});

test('statements that are not the ones the manifest names are refused', async () => {
  const { stage, round, wallet, door } = await scene();
  const { sha256 } = round.manifest['instrument'] as { sha256: string };
  const kept = stage.blobs.get(sha256);
  stage.blobs.set(sha256, new Uint8Array([123, 125]));
  await assert.rejects(door.blob(wallet, sha256), refuses('blob_mismatch'));
  stage.blobs.set(sha256, kept as Bytes);
  assert.deepEqual(await door.blob(wallet, sha256), kept);
  stage.offline = true;
  assert.deepEqual(await door.blob(wallet, sha256), kept, 'and kept for when there is no connection');
});

// --- Casting and the queue ---------------------------------------------------------------------------------------------

const answers = (value: number) => answersPayload({ LE1: value }, ['LE1']);

test('each cast has a higher sequence, and the last one is what the box holds', async () => {
  const all = await scene();
  await fetchSlip(all);
  for (const value of [1, 5, 3]) {
    await all.door.send(all.wallet, await all.wallet.prepareCast(ADA, all.round.round, 'ballot', answers(value)));
  }
  const cast = await all.wallet.cast(ADA.wallet, all.round.round, 'ballot');
  assert.equal(cast?.sequence, 3);
  assert.equal(all.round.ballots.size, 1);
  assert.deepEqual((await all.stage.opened(all.round))[0]?.payload, { answers: { LE1: 3 }, v: 1 });
  assert.deepEqual(new Set(all.stage.received.map((body) => body.length)), new Set([4096]));
});

test('two pages that cast at once do not use one sequence twice', async () => {
  const all = await scene();
  await fetchSlip(all);
  const second = new Wallet(await openDatabase('andon-wallet', all.factory));
  const casts = await Promise.all([all.wallet, second, all.wallet].map((wallet, i) => wallet.prepareCast(ADA, all.round.round, 'ballot', answers(i + 1))));
  assert.deepEqual(casts.map(({ sequence }) => sequence).sort(), [1, 2, 3]);
});

test('a cast without a connection survives a restart and is sent as the same bytes', async () => {
  const all = await scene();
  await fetchSlip(all);
  const cast = await all.wallet.prepareCast(ADA, all.round.round, 'ballot', answers(2));
  all.stage.offline = true;
  assert.deepEqual(await all.door.send(all.wallet, cast), { outcome: 'unreachable' });
  all.wallet.close();
  const later = new Wallet(await openDatabase('andon-wallet', all.factory));
  all.stage.offline = false;
  await all.door.sendDue(later, Date.now());
  assert.deepEqual(all.stage.received, [cast.body]);
  const kept = await later.cast(ADA.wallet, all.round.round, 'ballot');
  assert.equal(kept?.body, null);
  assert.equal(kept?.receipt?.ciphertextHash, cast.ciphertextHash);
});

test('a cast meant for later waits for its time, and goes at once in the last 48 hours', async () => {
  const closes = Date.parse('2099-11-30T17:00:00Z');
  const all = await scene();
  await fetchSlip(all);
  const now = closes - 96 * HOUR;
  const sendAfter = laterTime(now, closes);
  assert.ok(sendAfter >= now && sendAfter <= closes - 48 * HOUR);
  await all.wallet.prepareCast(ADA, all.round.round, 'ballot', answers(2), { sendAfter: now + HOUR });
  await all.door.sendDue(all.wallet, now);
  assert.equal(all.stage.received.length, 0);
  await all.door.sendDue(all.wallet, now + HOUR);
  assert.equal(all.stage.received.length, 1);
  await all.wallet.prepareCast(ADA, all.round.round, 'ballot', answers(3), { sendAfter: closes - HOUR });
  await all.door.sendDue(all.wallet, closes - 47 * HOUR);
  assert.equal(all.stage.received.length, 2);
  assert.equal(laterTime(closes - 10 * HOUR, closes), closes - 10 * HOUR, 'late in a round there is nothing to choose');
});

test('each refusal of the door is kept with the cast, and only those that can change are tried again', async () => {
  for (const [status, code, again] of [
    [400, 'malformed', false], [403, 'bad_slip', false], [404, 'no_such_round', false], [409, 'not_open', true],
    [409, 'equal_sequence', false], [410, 'closed', false], [413, 'wrong_size', false],
    [415, 'wrong_content_type', false], [503, 'unavailable', true],
  ] as const) {
    const all = await scene();
    await fetchSlip(all);
    all.stage.nextCast.push({ status, body: { error: code, message: '' } });
    const cast = await all.wallet.prepareCast(ADA, all.round.round, 'ballot', answers(2));
    assert.deepEqual(await all.door.send(all.wallet, cast), { outcome: 'refused', code, stored: null });
    assert.equal((await all.wallet.cast(ADA.wallet, all.round.round, 'ballot'))?.problem, code);
    await all.door.sendDue(all.wallet, Date.now());
    assert.equal(all.stage.received.length, again ? 2 : 1, code);
  }
});

test('a lower sequence tells the stored number, and the next cast goes above it', async () => {
  const all = await scene();
  await fetchSlip(all);
  const file = await all.wallet.exportFile(ADA.wallet);
  const phone = new Wallet(await openDatabase('phone', new IDBFactory()));
  await phone.importFile(structuredClone(file));
  await all.door.follow(phone);
  for (const value of [1, 2]) await all.door.send(phone, await phone.prepareCast(ADA, all.round.round, 'ballot', answers(value)));
  const cast = await all.wallet.prepareCast(ADA, all.round.round, 'ballot', answers(5));
  assert.deepEqual(await all.door.send(all.wallet, cast), { outcome: 'refused', code: 'lower_sequence', stored: 2 });
  const above = await all.wallet.prepareCast(ADA, all.round.round, 'ballot', answers(5), { above: 2 });
  assert.equal(above.sequence, 3);
  assert.deepEqual(await all.door.send(all.wallet, above), { outcome: 'accepted' });
});

test('a confirmation of something else is not taken for a receipt', async () => {
  const all = await scene();
  await fetchSlip(all);
  const cast = await all.wallet.prepareCast(ADA, all.round.round, 'ballot', answers(2));
  all.stage.nextCast.push({ status: 200, body: { ciphertext: 'a'.repeat(64), outcome: 'accepted', sequence: 1, slot: cast.slot } });
  assert.deepEqual(await all.door.send(all.wallet, cast), { outcome: 'refused', code: 'receipt_mismatch', stored: null });
  assert.equal((await all.wallet.cast(ADA.wallet, all.round.round, 'ballot'))?.receipt, null);
});

test('an old outcome does not land on a newer cast', async () => {
  const all = await scene();
  await fetchSlip(all);
  const old = await all.wallet.prepareCast(ADA, all.round.round, 'ballot', answers(1));
  const fresh = await all.wallet.prepareCast(ADA, all.round.round, 'ballot', answers(2));
  await all.wallet.recordAccepted(old);
  const kept = await all.wallet.cast(ADA.wallet, all.round.round, 'ballot');
  assert.deepEqual(kept?.body, fresh.body);
});

// --- Moving -----------------------------------------------------------------------------------------------------------

test('a wallet moves to another device with slips, answers, receipts and what it has seen', async () => {
  const all = await scene();
  await fetchSlip(all);
  await all.wallet.keepDraft({ ...(await all.wallet.draft(ADA.wallet, all.round.round)), answers: { LE1: 4 } });
  await all.door.send(all.wallet, await all.wallet.prepareCast(ADA, all.round.round, 'ballot', answers(4)));
  const file = JSON.parse(JSON.stringify(await all.wallet.exportFile(ADA.wallet))) as JsonObject;
  const other = new Wallet(await openDatabase('other', new IDBFactory()));
  assert.deepEqual(await other.importFile(file), ADA);
  await all.door.follow(other);
  assert.deepEqual((await other.draft(ADA.wallet, all.round.round)).answers, { LE1: 4 });
  const next = await other.prepareCast(ADA, all.round.round, 'ballot', answers(1));
  assert.equal(next.sequence, 2);
  assert.deepEqual(await all.door.send(other, next), { outcome: 'accepted' });
});

test('a device that is shown another log than the wallet came from refuses', async () => {
  const all = await scene();
  await fetchSlip(all);
  const file = await all.wallet.exportFile(ADA.wallet);
  const elsewhere = await scene();
  await assert.rejects(elsewhere.wallet.importFile(file), refuses('log_rewritten'));
  const fresh = new Wallet(await openDatabase('fresh', new IDBFactory()));
  await fresh.importFile(file);
  await assert.rejects(elsewhere.door.follow(fresh), { name: 'Refusal' });
});

test('an imported file never replaces a ready slip, and a broken one changes nothing', async () => {
  const all = await scene();
  await fetchSlip(all);
  const before = await all.wallet.slip(ADA.wallet, all.round.round, 'ballot');
  const file = await all.wallet.exportFile(ADA.wallet);
  const [slip] = list(file['slips']) as JsonObject[];
  assert.ok(slip);
  await all.wallet.importFile({ ...file, slips: [{ ...slip, secret_key: b64u(random(32)) }] });
  assert.deepEqual(await all.wallet.slip(ADA.wallet, all.round.round, 'ballot'), before);
  for (const broken of [null, {}, { ...file, wallet: 3 }, { ...file, slips: [{ ...slip, output: 'short' }] }]) {
    await assert.rejects(all.wallet.importFile(broken), { name: 'Malformed' });
  }
});

test('taking answers off the device leaves slip and receipt', async () => {
  const all = await scene();
  await fetchSlip(all);
  await all.wallet.keepDraft({ ...(await all.wallet.draft(ADA.wallet, all.round.round)), answers: { LE1: 4 } });
  await all.door.send(all.wallet, await all.wallet.prepareCast(ADA, all.round.round, 'ballot', answers(4)));
  await all.wallet.forgetAnswers(ADA.wallet, all.round.round);
  assert.deepEqual((await all.wallet.draft(ADA.wallet, all.round.round)).answers, {});
  assert.ok((await all.wallet.cast(ADA.wallet, all.round.round, 'ballot'))?.receipt);
  assert.ok((await all.wallet.slip(ADA.wallet, all.round.round, 'ballot'))?.output);
});
