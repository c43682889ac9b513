/** The wallet frame: a strip inside the app's pages that belongs to the anonymous origin. No controls. */

import { Door } from './door.ts';
import { FrameSession, type ReceiptState, type RoundState, type Shown } from './frame-session.ts';
import { date, gettext, loadCatalogue, ngettext } from './i18n.ts';
import { newNonce } from './messages.ts';
import { refusalText } from './refused.ts';
import { Wallet } from './wallet.ts';

const MINUTE_MS = 60_000;
/** The app's script may start after this one; it answers the first `ready` it hears. */
const READY_AFTER_MS = [0, 200, 800, 2_500, 8_000];

type Line = { text: string; tone: 'plain' | 'loud' };

async function start(): Promise<void> {
  await loadCatalogue();
  document.title = gettext('Wallet');
  const door = new Door();
  let wallet: Wallet;
  try {
    wallet = await Wallet.open();
  } catch {
    display({ text: gettext('This browser does not let pages keep anything, so it cannot hold slips.'), tone: 'plain' });
    return;
  }
  if (window.parent !== window) await converse(wallet, door);
  await sendWaiting(wallet, door);
  setInterval(() => void sendWaiting(wallet, door), MINUTE_MS);
  await keepStorage();
}

async function converse(wallet: Wallet, door: Door): Promise<void> {
  let appOrigin: string;
  try {
    appOrigin = (await door.doors()).app;
  } catch {
    display({ text: unreachable(), tone: 'plain' });
    return;
  }
  const session = new FrameSession({
    wallet,
    door,
    appOrigin,
    parent: window.parent,
    nonce: newNonce(),
    post: (message) => window.parent.postMessage(message, appOrigin),
    show: (shown) => display(lineOf(shown)),
  });
  addEventListener('message', (event) => void session.receive(event));
  for (const delay of READY_AFTER_MS) {
    setTimeout(() => {
      if (!session.offered) session.ready();
    }, delay);
  }
}

async function sendWaiting(wallet: Wallet, door: Door): Promise<void> {
  try {
    await door.sendDue(wallet, Date.now());
  } catch {
    // It stays queued, and the answering page says so.
  }
}

/** Asks for lasting storage where that asks the member nothing; the answering page asks where it does. */
async function keepStorage(): Promise<void> {
  try {
    const permission = await navigator.permissions.query({ name: 'persistent-storage' as PermissionName });
    if (permission.state !== 'prompt') await navigator.storage.persist();
  } catch {
    // Not every browser knows this permission.
  }
}

function display(line: Line): void {
  const status = document.getElementById('status');
  if (!status) return;
  if (status.textContent !== line.text) status.textContent = line.text;
  status.className = line.tone;
}

/** One thing at a time, the most important first. */
function lineOf(shown: Shown): Line {
  const states = [...shown.rounds.values()];
  const refused = shown.refused ?? states.find((state) => state.state === 'refused')?.code ?? null;
  if (refused) return { text: gettext('Do not answer. %(reason)s', { reason: refusalText(refused) }), tone: 'loud' };
  if (shown.receipt) return receiptLine(shown.receipt);
  if (shown.phase === 'unreachable') return { text: unreachable(), tone: 'plain' };
  if (states.some((state) => state.state === 'elsewhere')) {
    return {
      text: gettext('Your slip was given to another browser. Do you answer on another device? If not, tell your auditor.'),
      tone: 'plain',
    };
  }
  if (states.some((state) => state.state === 'waiting')) return { text: gettext('Fetching your slip.'), tone: 'plain' };
  if (states.some((state) => state.state === 'failed')) {
    return { text: gettext('Your slip could not be fetched now. Nothing is lost; the next page tries again.'), tone: 'plain' };
  }
  return readyLine(states);
}

function readyLine(states: RoundState[]): Line {
  const ready = states.filter((state) => state.state === 'ready');
  const [only] = ready;
  if (!only) return { text: gettext('Your wallet. No round needs a slip now.'), tone: 'plain' };
  if (ready.length > 1) {
    return { text: ngettext('%(n)s slip ready.', '%(n)s slips ready.', ready.length), tone: 'plain' };
  }
  const closes = date(only.closesAt);
  switch (only.kind) {
    case 'daily':
      return { text: gettext('Slip ready for the question of the day. This round closes on %(date)s.', { date: closes }), tone: 'plain' };
    case 'weekly':
      return { text: gettext('Slip ready for the question of the week. This round closes on %(date)s.', { date: closes }), tone: 'plain' };
    default:
      return { text: gettext('Slip ready for the full round. It closes on %(date)s.', { date: closes }), tone: 'plain' };
  }
}

function receiptLine(receipt: ReceiptState): Line {
  switch (receipt.finding) {
    case 'there':
      return {
        text: gettext('Your receipt is in the list. Ballots listed: %(listed)s. People in your group: %(roster)s.', receipt),
        tone: 'plain',
      };
    case 'no_slip':
      return {
        text: gettext('This browser has no slip for this round. Look with the browser that you answered with.'),
        tone: 'plain',
      };
    case 'no_receipt':
      return {
        text: gettext('This browser cast nothing in this round. Ballots listed: %(listed)s. People in your group: %(roster)s.', receipt),
        tone: 'plain',
      };
    case 'missing':
      return { text: gettext('Your receipt is not in the list. Keep it and tell your auditor.'), tone: 'loud' };
    case 'not_the_list':
      return { text: gettext('This list is not the one in the public log. Tell your auditor.'), tone: 'loud' };
    case 'not_closed':
      return { text: gettext('The public log does not say that this round is closed yet.'), tone: 'plain' };
    case 'unreachable':
      return { text: unreachable(), tone: 'plain' };
    case 'refused':
      return { text: refusalText(receipt.code), tone: 'loud' };
  }
}

function unreachable(): string {
  return gettext('The anonymous door cannot be reached now. Nothing is lost; the next page tries again.');
}

void start();
