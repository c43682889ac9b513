/** The talk between frame and app: who is heard, what leaves, and what is shown without being said. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { IDBFactory } from 'fake-indexeddb';
import { openDatabase } from '../src/database.ts';
import { Door } from '../src/door.ts';
import { FrameSession, type Shown } from '../src/frame-session.ts';
import { newNonce } from '../src/messages.ts';
import { Relay } from '../src/relay.ts';
import { answersPayload, type Member, Wallet } from '../src/wallet.ts';
import type { JsonObject } from '../src/wire.ts';
import { newId, type RoundPlan, Stage, type StagedRound } from './stage.ts';

const APP = 'https://andon.example.org';
const DOOR = 'https://answer.example.org';
const ADA: Member = { wallet: 'w-ada', me: 'Ada <ada@example.org>' };

interface Talk {
  stage: Stage;
  round: StagedRound;
  wallet: Wallet;
  session: FrameSession;
  relay: Relay;
  /** Everything that left the frame. */
  sent: JsonObject[];
  /** Everything the app said to the frame. */
  heard: JsonObject[];
  /** Requests the app made. */
  requests: { path: string; init: RequestInit }[];
  shown: () => Shown;
  settle: () => Promise<void>;
}

const PARENT = { name: 'the app page' };
const FRAME = { name: 'the frame' };

async function talk(plan: RoundPlan = {}, before: (stage: Stage, round: StagedRound, wallet: Wallet) => Promise<void> | void = () => undefined): Promise<Talk> {
  const stage = new Stage();
  const round = stage.publish(plan);
  stage.openRound(round);
  const wallet = new Wallet(await openDatabase('andon-wallet', new IDBFactory()));
  await before(stage, round, wallet);
  const sent: JsonObject[] = [];
  const heard: JsonObject[] = [];
  const requests: { path: string; init: RequestInit }[] = [];
  const pending: Promise<void>[] = [];
  let shown: Shown | null = null;
  const session: FrameSession = new FrameSession({
    wallet,
    door: new Door(stage.fetch),
    appOrigin: APP,
    parent: PARENT,
    nonce: newNonce(),
    post: (message) => {
      sent.push(message as JsonObject);
      pending.push(relay.receive({ origin: DOOR, source: FRAME, data: message }));
    },
    show: (state) => {
      shown = state;
    },
  });
  const relay: Relay = new Relay({
    frameOrigin: DOOR,
    frame: FRAME,
    csrfToken: 'csrf',
    fetch: async (path, init) => {
      requests.push({ path, init });
      if (path === '/slips/offer/') return Response.json(stage.offer(ADA.me, ADA.wallet));
      if (path === '/slips/') {
        const body = JSON.parse(String(init.body)) as { round: string; blinded: { purpose: string; value: string }[] };
        const answer = stage.evaluate(ADA.me, body.round, body.blinded);
        return Response.json(answer, { status: answer['error'] ? 409 : 200 });
      }
      if (path.startsWith('/results/')) return Response.json(stage.unitFile(stage.rounds.get(path.split('/')[2] ?? '') ?? round, ADA.me));
      return new Response('<html>', { status: 404 });
    },
    post: (message) => {
      heard.push(message as JsonObject);
      pending.push(session.receive({ origin: APP, source: PARENT, data: message }));
    },
  });
  const settle = async (): Promise<void> => {
    for (let done = 0; done < pending.length; done = pending.length) {
      const before = pending.length;
      await Promise.all(pending);
      if (pending.length === before) return;
    }
  };
  return { stage, round, wallet, session, relay, sent, heard, requests, shown: () => shown as unknown as Shown, settle };
}

async function connected(plan?: RoundPlan, before?: Parameters<typeof talk>[1]): Promise<Talk> {
  const scene = await talk(plan, before);
  scene.session.ready();
  for (let i = 0; i < 4; i += 1) await scene.settle();
  return scene;
}

test('visiting any page fetches the slip, and the frame says so in its own area', async () => {
  const { wallet, round, shown, sent, requests } = await connected({ purposes: ['ballot', 'comment'] });
  assert.deepEqual(sent.map(({ type }) => type), ['ready', 'blinded']);
  assert.equal(shown().rounds.get(round.round)?.state, 'ready');
  assert.equal((await wallet.slips(ADA.wallet, round.round)).filter(({ output }) => output).length, 2);
  const post = requests.find(({ path }) => path === '/slips/');
  assert.equal((post?.init.headers as Record<string, string>)['X-CSRFToken'], 'csrf');
  assert.equal(post?.init.credentials, 'same-origin');
});

test('a wallet that has its slip says nothing more than that it is there', async () => {
  const scene = await connected();
  const again: JsonObject[] = [];
  const session = new FrameSession({
    wallet: scene.wallet,
    door: new Door(scene.stage.fetch),
    appOrigin: APP,
    parent: PARENT,
    nonce: newNonce(),
    post: (message) => again.push(message as JsonObject),
    show: () => undefined,
  });
  session.ready();
  const nonce = again[0]?.['nonce'] as string;
  await session.receive({ origin: APP, source: PARENT, data: { ...scene.stage.offer(ADA.me, ADA.wallet), andon: 'v1', nonce, type: 'offer' } });
  assert.deepEqual(again.map(({ type }) => type), ['ready']);
  assert.equal(session.shown.rounds.get(scene.round.round)?.state, 'ready');
});

test('only the allowed messages leave, with nothing in them but what section 10 names', async () => {
  const scene = await connected({ purposes: ['ballot', 'comment'] });
  const slips = await scene.wallet.slips(ADA.wallet, scene.round.round);
  await scene.wallet.prepareCast(ADA, scene.round.round, 'ballot', answersPayload({ LE1: 3 }, ['LE1']));
  scene.stage.closeRound(scene.round);
  await scene.relay.slots(`/results/${scene.round.round}/unit.json`);
  for (let i = 0; i < 4; i += 1) await scene.settle();
  for (const message of scene.sent) {
    const allowed = message['type'] === 'ready' ? ['andon', 'nonce', 'type'] : ['andon', 'blinded', 'nonce', 'round', 'type'];
    assert.deepEqual(Object.keys(message).sort(), allowed);
    for (const entry of (message['blinded'] ?? []) as JsonObject[]) assert.deepEqual(Object.keys(entry).sort(), ['purpose', 'value']);
  }
  const said = JSON.stringify(scene.sent);
  for (const slip of slips) {
    for (const secret of [slip.secretKey, slip.publicKey, slip.blind, slip.output ?? new Uint8Array()]) {
      assert.ok(!said.includes(Buffer.from(secret).toString('base64url')) && !said.includes(Buffer.from(secret).toString('hex')));
    }
  }
});

for (const [name, change] of [
  ['another origin', { origin: 'https://evil.example.org' }],
  ['another window', { source: { name: 'an opener' } }],
  ['no window', { source: null }],
] as const) {
  test(`the frame ignores messages from ${name}`, async () => {
    const scene = await talk();
    scene.session.ready();
    const nonce = scene.sent[0]?.['nonce'] as string;
    const offer = { ...scene.stage.offer(ADA.me, ADA.wallet), andon: 'v1', nonce, type: 'offer' };
    await scene.session.receive({ origin: APP, source: PARENT, data: offer, ...change });
    assert.deepEqual(await scene.wallet.members(), []);
    assert.equal(scene.sent.length, 1);
  });
}

test('the frame ignores another nonce, another version, and types that are not its own', async () => {
  const scene = await talk();
  const session = new FrameSession({
    wallet: scene.wallet,
    door: new Door(scene.stage.fetch),
    appOrigin: APP,
    parent: PARENT,
    nonce: 'a'.repeat(32),
    post: () => assert.fail('nothing leaves'),
    show: () => assert.fail('nothing is shown'),
  });
  const offer = { ...scene.stage.offer(ADA.me, ADA.wallet), andon: 'v1', nonce: 'a'.repeat(32), type: 'offer' };
  for (const data of [
    { ...offer, nonce: 'b'.repeat(32) }, { ...offer, nonce: undefined }, { ...offer, andon: 'v2' }, { ...offer, type: 'ready' },
    { ...offer, type: 'export' }, { ...offer, type: 'slots' }, { ...offer, type: 'evaluated' }, 'offer', null, [offer],
  ]) {
    await session.receive({ origin: APP, source: PARENT, data });
  }
  assert.deepEqual(await scene.wallet.members(), []);
});

test('an evaluation nobody asked for is not read', async () => {
  const scene = await connected();
  const other = newId();
  const nonce = scene.sent[0]?.['nonce'] as string;
  await scene.session.receive({ origin: APP, source: PARENT, data: { andon: 'v1', nonce, type: 'evaluated', round: other, error: 'x' } });
  assert.equal(scene.shown().rounds.has(other), false);
});

test('the app ignores a frame of another origin, another window, or another nonce', async () => {
  const scene = await talk();
  const ready = { andon: 'v1', nonce: 'a'.repeat(32), type: 'ready' };
  await scene.relay.receive({ origin: 'https://evil.example.org', source: FRAME, data: ready });
  await scene.relay.receive({ origin: DOOR, source: { name: 'other' }, data: ready });
  assert.equal(scene.requests.length, 0);
  await scene.relay.receive({ origin: DOOR, source: FRAME, data: ready });
  assert.deepEqual(scene.requests.map(({ path }) => path), ['/slips/offer/']);
  const blinded = { andon: 'v1', nonce: 'b'.repeat(32), type: 'blinded', round: scene.round.round, blinded: [] };
  await scene.relay.receive({ origin: DOOR, source: FRAME, data: blinded });
  await scene.relay.receive({ origin: DOOR, source: FRAME, data: { ...blinded, nonce: 'a'.repeat(32), round: newId() } });
  assert.equal(scene.requests.length, 1, 'neither another nonce nor a round that was not offered reaches the server');
});

test('a refused round is shown, kept, and said to nobody', async () => {
  const scene = await connected({ forgeKeys: true });
  assert.deepEqual(scene.shown().rounds.get(scene.round.round), { state: 'refused', code: 'proof_invalid' });
  assert.deepEqual(scene.sent.map(({ type }) => type), ['ready', 'blinded']);
  assert.equal((await scene.wallet.place(ADA.wallet, scene.round.round))?.refused, 'proof_invalid');
});

test('a log that was rewritten is shown and nothing is blinded', async () => {
  const scene = await connected({}, async (stage, _, wallet) => {
    await new Door(stage.fetch).follow(wallet);
    const last = stage.log.at(-1);
    if (last) last.body = { round: newId() };
  });
  assert.equal(scene.shown().refused, 'log_rewritten');
  assert.deepEqual(scene.sent.map(({ type }) => type), ['ready']);
});

test('a slip issued to a browser that is not this one is a question, not a second key', async () => {
  const scene = await connected({}, (_, round) => {
    round.issued.set(`${ADA.me} ballot`, { blinded: 'x', evaluation: 'y' });
  });
  assert.deepEqual(scene.shown().rounds.get(scene.round.round), { state: 'elsewhere' });
  assert.deepEqual(scene.sent.map(({ type }) => type), ['ready']);
  assert.deepEqual((await scene.wallet.place(ADA.wallet, scene.round.round))?.elsewhere, ['ballot']);
});

test('one refused round does not keep the slip of another from arriving', async () => {
  const scene = await talk();
  const bad = scene.stage.publish({ forgeKeys: true });
  scene.session.ready();
  for (let i = 0; i < 6; i += 1) await scene.settle();
  assert.equal(scene.shown().rounds.get(scene.round.round)?.state, 'ready');
  assert.equal(scene.shown().rounds.get(bad.round)?.state, 'refused');
});

// --- Receipts ----------------------------------------------------------------------------------------------------------

async function closedWith(cast: boolean, tamper: (slots: JsonObject) => void = () => undefined): Promise<Talk> {
  const scene = await connected();
  if (cast) {
    const door = new Door(scene.stage.fetch);
    await door.send(scene.wallet, await scene.wallet.prepareCast(ADA, scene.round.round, 'ballot', answersPayload({ LE1: 3 }, ['LE1'])));
  }
  scene.stage.closeRound(scene.round);
  for (const slots of scene.round.slotProofs.values()) tamper(slots);
  await scene.relay.slots(`/results/${scene.round.round}/unit.json`);
  for (let i = 0; i < 4; i += 1) await scene.settle();
  return scene;
}

test('a receipt that is in the list is found', async () => {
  assert.deepEqual((await closedWith(true)).shown().receipt, { finding: 'there', listed: 1, roster: 8 });
});

test('a member who did not cast sees the list and that it is not theirs', async () => {
  assert.deepEqual((await closedWith(false)).shown().receipt, { finding: 'no_receipt', listed: 0, roster: 8 });
});

test('a browser that never had a slip for the round says so, and refuses nothing', async () => {
  const scene = await connected();
  const other = scene.stage.publish({});
  scene.stage.closeRound(other);
  await scene.relay.slots(`/results/${other.round}/unit.json`);
  for (let i = 0; i < 4; i += 1) await scene.settle();
  assert.deepEqual(scene.shown().receipt, { finding: 'no_slip' });
});

test('a browser that asked for a slip which another one has says the same', async () => {
  const scene = await connected({}, (_, round) => {
    round.issued.set(`${ADA.me} ballot`, { blinded: 'x', evaluation: 'y' });
  });
  scene.stage.closeRound(scene.round);
  await scene.relay.slots(`/results/${scene.round.round}/unit.json`);
  for (let i = 0; i < 4; i += 1) await scene.settle();
  assert.deepEqual(scene.shown().receipt, { finding: 'no_slip' });
});

test('a list that is not the one the log committed to is not one', async () => {
  const scene = await closedWith(true, (slots) => {
    slots['list'] = [];
  });
  assert.deepEqual(scene.shown().receipt, { finding: 'not_the_list' });
});

test('a second list from a spare place of the tree is not one', async () => {
  const scene = await connected({ spare: true });
  scene.stage.closeRound(scene.round);
  // The stage keeps the last list made for a unit id, and that is the one of the spare leaf.
  assert.equal([...scene.round.slotProofs.values()][0]?.['index'], 1);
  await scene.relay.slots(`/results/${scene.round.round}/unit.json`);
  for (let i = 0; i < 4; i += 1) await scene.settle();
  assert.deepEqual(scene.shown().receipt, { finding: 'not_the_list' });
});

test('a ballot that was dropped before the close is noticed', async () => {
  const scene = await connected();
  const door = new Door(scene.stage.fetch);
  await door.send(scene.wallet, await scene.wallet.prepareCast(ADA, scene.round.round, 'ballot', answersPayload({ LE1: 3 }, ['LE1'])));
  scene.round.ballots.clear();
  scene.stage.closeRound(scene.round);
  await scene.relay.slots(`/results/${scene.round.round}/unit.json`);
  for (let i = 0; i < 4; i += 1) await scene.settle();
  assert.deepEqual(scene.shown().receipt, { finding: 'missing' });
});

test('a ballot whose confirmation was lost counts as arrived when the list shows it', async () => {
  const scene = await connected();
  const cast = await scene.wallet.prepareCast(ADA, scene.round.round, 'ballot', answersPayload({ LE1: 3 }, ['LE1']));
  await scene.stage.fetch('/cast/', { method: 'POST', body: cast.body as Uint8Array<ArrayBuffer> });
  scene.stage.closeRound(scene.round);
  await scene.relay.slots(`/results/${scene.round.round}/unit.json`);
  for (let i = 0; i < 4; i += 1) await scene.settle();
  assert.equal(scene.shown().receipt?.finding, 'there');
});
