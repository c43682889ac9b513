/** What in a comment could tell who wrote it, and what is left in peace. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Kind, telltales } from '../src/telltale.ts';

function found(comment: string, language = 'en', names: string[] = []): [Kind, string][] {
  return telltales(comment, language, names).map(({ kind, text }) => [kind, text]);
}

test('addresses, handles and telephone numbers stand out', () => {
  assert.deepEqual(found('write to bo@example.org or @ada.l, or call +49 151 2345678'), [
    ['address', 'bo@example.org'],
    ['address', '@ada.l'],
    ['number', '+49 151 2345678'],
  ]);
});

test('dates, days and times stand out in both languages', () => {
  assert.deepEqual(found('it broke on Tuesday at 03:14, on 2026-03-02', 'en').map(([kind]) => kind), ['date', 'date', 'date']);
  assert.deepEqual(found('am Dienstag, dem 12.3., war es zu viel', 'de'), [
    ['date', 'Dienstag'],
    ['date', '12.3.'],
  ]);
});

test('tickets, hosts and addresses of machines stand out', () => {
  assert.deepEqual(found('the ticket SOC-4711 on db7.corp and 10.0.0.7'), [
    ['reference', 'SOC-4711'],
    ['reference', 'db7.corp'],
    ['reference', '10.0.0.7'],
  ]);
});

test('what only one person can say stands out in both languages', () => {
  assert.deepEqual(found("I'm the only one on nights. Since I joined nobody asked.").map(([kind]) => kind), ['role', 'role']);
  assert.deepEqual(found('Ich bin die einzige im Nachtdienst, und seit ich hier bin', 'de').map(([kind]) => kind), ['role', 'role']);
});

test('a name inside a sentence stands out, the word that begins one does not', () => {
  assert.deepEqual(found('Everybody waits until Ada has spoken. Nobody asks.'), [['name', 'Ada']]);
  assert.deepEqual(found('In der Runde sagt Frau Müller zuerst etwas', 'de'), [['name', 'Frau Müller']]);
  assert.deepEqual(found('Wir warten, weil Jonas immer zuerst redet', 'de'), [['name', 'Jonas']]);
});

const GROUP = ['Maren Lindqvist', 'Mei-Ling Chou', 'Will Young', 'José Luis Ortega', 'Bo Li', "Liam O'Connell", 'Noor van Dijk'];

test('people of the group stand out in whatever spelling and place', () => {
  const told = (comment: string, language = 'en'): string[] => found(comment, language, GROUP).map(([, text]) => text);
  assert.deepEqual(told('Maren interrupts.'), ['Maren']);
  assert.deepEqual(told('maren lindqvist interrupts, and mei-ling does not'), ['maren lindqvist', 'mei-ling']);
  assert.deepEqual(told("ask ling, josé or o'connell's deputy"), ['ling', 'josé', "o'connell"]);
  assert.deepEqual(told('Maren redet immer zuerst, chou nie.', 'de'), ['Maren', 'chou']);
  assert.deepEqual(told('We will ask the young ones who mark it, and go for a van.'), []);
  assert.deepEqual(told('We wait until Will has spoken.'), ['Will']);
  assert.deepEqual(told('marenade, ortegas and linguistics are other words'), []);
});

test('somebody of whom there is one stands out without a name', () => {
  assert.deepEqual(found('my boss does not ask, and our manager, the CISO, neither').map(([kind]) => kind), ['role', 'role', 'role']);
  assert.deepEqual(found('mein Chef fragt nicht, unsere Teamleitung auch nicht', 'de').map(([kind]) => kind), ['role', 'role']);
  assert.deepEqual(found('The lead of a talk changes. A manager is no enemy.'), []);
});

test('an ordinary sentence is left in peace', () => {
  assert.deepEqual(found('We rarely say that a plan is wrong. I think we could, and I would like to.'), []);
  assert.deepEqual(found('Wir sagen selten, dass ein Plan falsch ist. Ich glaube, das Team könnte es.', 'de'), []);
});

test('what stands twice is told once', () => {
  assert.deepEqual(found('ask Ada, then tell Ada'), [['name', 'Ada']]);
});

test('a comment of the greatest length is read at once', () => {
  const before = performance.now();
  for (const sign of ['a', 'A', '1', '.', 'Aa', '1-', 'a.', '@a']) telltales(sign.repeat(2_000), 'en', GROUP);
  assert.ok(performance.now() - before < 2_000);
});
