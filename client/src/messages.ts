/** What the frame and the app may say to each other (docs/protocol, section 10). Nothing else is read or sent. */

import type { Blinded } from './wallet.ts';
import { isId, isObject, type JsonObject } from './wire.ts';

export const VERSION = 'v1';

export type FromFrame = { type: 'ready' } | { type: 'blinded'; round: string; blinded: Blinded[] };
export type FromApp =
  | { type: 'offer'; content: JsonObject }
  | { type: 'evaluated'; round: string; content: JsonObject }
  | { type: 'slots'; round: string; slots: JsonObject };

/** The part of a MessageEvent that decides whether it is read at all. */
export interface Incoming {
  origin: string;
  source: unknown;
  data: unknown;
}

export interface Expected {
  origin: string;
  source: unknown;
  /** Null only for a frame's first `ready`, which brings the nonce. */
  nonce: string | null;
}

/** The data of a message that comes from where it must, under the nonce it must; null otherwise. */
export function read(event: Incoming, expected: Expected): JsonObject | null {
  if (event.origin !== expected.origin || event.source !== expected.source || event.source === null) return null;
  const { data } = event;
  if (!isObject(data) || data['andon'] !== VERSION || !isId(data['nonce'])) return null;
  if (expected.nonce !== null && data['nonce'] !== expected.nonce) return null;
  return data;
}

export function readFromApp(event: Incoming, expected: Expected & { nonce: string }): FromApp | null {
  const data = read(event, expected);
  switch (data?.['type']) {
    case 'offer':
      return { type: 'offer', content: data };
    case 'evaluated':
      return isId(data['round']) ? { type: 'evaluated', round: data['round'], content: data } : null;
    case 'slots':
      return isId(data['round']) && isObject(data['slots']) ? { type: 'slots', round: data['round'], slots: data['slots'] } : null;
    default:
      return null;
  }
}

export function readFromFrame(event: Incoming, expected: Expected): (FromFrame & { nonce: string }) | null {
  const data = read(event, expected);
  const nonce = data?.['nonce'] as string;
  if (data?.['type'] === 'ready') return { type: 'ready', nonce };
  if (data?.['type'] !== 'blinded' || !isId(data['round']) || !Array.isArray(data['blinded'])) return null;
  const blinded: Blinded[] = [];
  for (const entry of data['blinded']) {
    if (!isObject(entry) || typeof entry['purpose'] !== 'string' || typeof entry['value'] !== 'string') return null;
    blinded.push({ purpose: entry['purpose'], value: entry['value'] });
  }
  return { type: 'blinded', round: data['round'], blinded, nonce };
}

export function newNonce(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
