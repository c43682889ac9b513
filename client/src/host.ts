/** Runs on every signed-in page of the app: connects the wallet frame, if the page has one, with the server. */

import { Relay } from './relay.ts';

function connect(frame: HTMLIFrameElement): Relay {
  const frameOrigin = new URL(frame.src, location.href).origin;
  const relay = new Relay({
    frameOrigin,
    frame: frame.contentWindow,
    csrfToken: document.querySelector<HTMLMetaElement>('meta[name="csrf-token"]')?.content ?? '',
    fetch: (path, init) => fetch(path, init),
    post: (message) => frame.contentWindow?.postMessage(message, frameOrigin),
  });
  addEventListener('message', (event) => void relay.receive(event));
  return relay;
}

function start(): void {
  const frame = document.querySelector<HTMLIFrameElement>('iframe[data-wallet-frame]');
  if (!frame?.src) return;
  const relay = connect(frame);
  const known = new Set<string>();
  const relaySlots = (): void => {
    for (const { dataset } of document.querySelectorAll<HTMLElement>('[data-slots-url]')) {
      const path = dataset['slotsUrl'] ?? '';
      // Our own paths only: this goes out with the member's session.
      if (!path.startsWith('/') || path.startsWith('//') || known.has(path)) continue;
      known.add(path);
      void relay.slots(path);
    }
  };
  relaySlots();
  document.addEventListener('htmx:afterSettle', relaySlots);
}

if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', start);
else start();
