/**
 * The refusals of delegations, of erased places and of questions out of order, and the wait of an answer, are shown able
 * to fail: each is taken out of the sources in turn, and the test that holds it must fail then. Run by
 * `client/test.mjs`, behind the tests themselves.
 */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';

const MANIFEST = 'client/src/manifest.ts';
const WALLET = 'client/src/wallet.ts';

const QUESTIONS = 'a manifest of a window whose questions are not its purposes, or out of order, is refused';
const QUEUED = 'one tap seals a ballot of that question alone and queues it: nothing leaves';
const SITTING = 'client/src/sitting.ts';
const [GIVEN, SIGNED, REPLACED, CLOSED, NAMED, HIDDEN, OWN, ORDER, FORM, OLDER] = [
  'refuses a delegation that the steward did not give to this log, now',
  'refuses a delegate before, after and outside its delegation',
  'a key that was replaced is not brought back by showing its delegation again',
  'a page of a round that is over by then cannot be replaced by a later delegate',
  'somebody who is erased during an open round is counted, and is no longer named',
  'a roster that hides somebody is refused when it is seen for the first time before the opening',
  'refuses a roster of which the member itself was erased, and one of the older form that lost somebody',
  'refuses places in another order or counted twice also where the operator committed to them so',
  'refuses a roster of the older form that is offered as the newer one, and the other way round',
  'a wallet of version 0.1.0, which read no delegations, reads the log again and holds it against what it saw',
];

/** What the fault is, where, the code of the check, what stands there instead, and the test that notices. */
const FAULTS = [
  ['a delegation counts for any organisation', MANIFEST, "read['organisation'] !== organisation ||", '', GIVEN],
  ['the steward may delegate to itself', MANIFEST, "read['delegate'] === stewardKey ||", '', GIVEN],
  ['a delegation may follow anything', MANIFEST, "!known.includes(hash(read['previous'])) ||", '', GIVEN],
  ['an older delegation may be shown again', MANIFEST, 'since = [own];', '', REPLACED],
  ['a delegation may end before it begins', MANIFEST, 'lasts <= 0 ||', '', GIVEN],
  ['a delegation may last for ever', MANIFEST, 'lasts > LONGEST_DELEGATION_MS', 'false', GIVEN],
  // Refused twice over: a delegation covers no time, so that check has to go as well.
  ['a delegate may name its successor', MANIFEST,
    '!ROOT_KINDS.has(entry.kind) && isSigned(entry, delegation.delegate);\n  if (!mayDelegate || !covers',
    "isSigned(entry, delegation.delegate);\n  if (!mayDelegate || entry.kind !== 'delegation' && !covers", GIVEN],
  ['any key may sign', MANIFEST, '&& isSigned(entry, delegation.delegate);', ';', SIGNED],
  ['the first delegation counts for good', MANIFEST, 'delegation = readDelegation(', 'delegation ??= readDelegation(', SIGNED],
  ['a delegation covers every time', MANIFEST, '|| !covers(delegation, entry.kind, manifest)', '', SIGNED],
  ['a delegation covers what is before it', MANIFEST, 'delegation.from <= ends &&', '', SIGNED],
  ['a delegation covers what is after it', MANIFEST, '&& opens <= delegation.until', '', SIGNED],
  ['a later delegate may replace the page of a round that is over', MANIFEST, "time(manifest?.['closes_at'])", "'9'", CLOSED],
  ['an unfollowed head is gone on from', WALLET, "head && 'since' in head", 'head', OLDER],
  ['erased places are not counted', MANIFEST, 'erased: seats.length - members.length', 'erased: 0', NAMED],
  ['erased places are refused never', MANIFEST, 'if (fresh && shown.erased > 0)', 'if (false)', HIDDEN],
  ['erased places are refused always', MANIFEST, 'if (fresh && shown.erased > 0)', 'if (shown.erased > 0)', HIDDEN],
  ['no roster is seen for the first time', WALLET, 'const fresh = !held && ', 'const fresh = false && ', HIDDEN],
  ['whoever is erased may still take part', MANIFEST, 'if (!shown.members.includes(me))', 'if (false)', OWN],
  ['a roster of the older form may lose names', MANIFEST, 'members = listed.map(text);', 'members = listed.map(String);', OWN],
  ['places may stand in any order and twice', MANIFEST, '!isSorted || seatedCommitment', 'seatedCommitment', ORDER],
  ['questions may be others than the purposes', MANIFEST, "if (questions.map(({ code }) => `ballot/${code}`).join() !== ballots.join())", 'if (false)', QUESTIONS],
  ['names in a comment are overlooked', 'client/src/telltale.ts', "take('name', match.index, match[0])", 'void 0', 'a name inside a sentence stands out, the word that begins one does not'],
  ['days in a comment are overlooked', 'client/src/telltale.ts', "['date', new RegExp(`(?<!\\\\p{L})(?:${DAYS})s?(?!\\\\p{L})`, 'giu')],", '', 'dates, days and times stand out in both languages'],
  ['a small unit may have a key for comments', MANIFEST, "if ('comment' in keys !== comments)", 'if (false)', 'a unit under eight has no key for comments, a larger one has'],
  ['a small unit may have a key for comments', MANIFEST, "if ('comment' in keys !== comments) throw new Refusal('key_not_in_manifest');", '', 'a unit under eight has no key for comments, a larger one has'],
  ['questions may come in any order', MANIFEST, 'if (!inOrder || ', 'if (', QUESTIONS],
  ['the first question may come late', MANIFEST, '|| moments[0] !== opens', '', QUESTIONS],
  ['a question may come after the close', MANIFEST, "|| (moments.at(-1) ?? '') >= closes", '', QUESTIONS],
  ['answers of a window leave at once', SITTING, 'return this.isWindow || (this.draft.later ?? false);', 'return this.draft.later ?? false;', QUEUED],
  ['places are not held to what was committed to', MANIFEST, '|| seatedCommitment(salt, seats, name) !== commitment', '', FORM],
];

const common = JSON.parse(process.env['ANDON_TEST_BUNDLE'] ?? '{}');

async function bundled(name, file, from, to) {
  const { build } = await import('esbuild');
  const outfile = path.join(common.out, 'planted', `${name}.mjs`);
  await build({
    ...common.options,
    stdin: { contents: "import './wallet.test.ts'; import './window.test.ts'; import './telltale.test.ts';", resolveDir: path.resolve('client/tests'), loader: 'ts' },
    outfile,
    plugins: [
      {
        name: 'planted',
        setup(builder) {
          builder.onLoad({ filter: /src[\\/](manifest|sitting|telltale|wallet)\.ts$/ }, async ({ path: found }) => {
            const source = await readFile(found, 'utf8');
            if (!found.endsWith(path.normalize(file))) return { contents: source, loader: 'ts' };
            // A check that was written another way is no longer taken out, and the fault would be none.
            assert.equal(source.split(from).length, 2, `${from} stands once in ${file}`);
            return { contents: source.replace(from, () => to), loader: 'ts' };
          });
        },
      },
    ],
  });
  return outfile;
}

function passes(outfile, title) {
  const pattern = `^${title.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`;
  // Without what tells a process that it is a part of another run, whose language it would speak.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const run = spawnSync(process.execPath, ['--test', '--test-reporter=tap', `--test-name-pattern=${pattern}`, outfile], { env, encoding: 'utf8' });
  assert.match(run.stdout, new RegExp(`(not )?ok \\d+ - ${pattern.slice(1, -1)}`), `${title} was run:\n${run.stdout}${run.stderr}`);
  return run.status === 0;
}

await mkdir(path.join(common.out, 'planted'), { recursive: true });

test('without a fault each of these tests passes', async () => {
  const honest = await bundled('honest', MANIFEST, 'export function checkUnit(', 'export function checkUnit(');
  for (const title of new Set(FAULTS.map((fault) => fault[4]))) assert.ok(passes(honest, title), title);
});

for (const [index, [what, file, from, to, title]] of FAULTS.entries()) {
  test(`noticed: ${what}`, async () => {
    assert.equal(passes(await bundled(`fault-${index}`, file, from, to), title), false);
  });
}
