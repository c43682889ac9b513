/** How bytes, identifiers and JSON look on the wire (docs/protocol, section 1). */

import { sha256 } from '@noble/hashes/sha2.js';
import canonicalize from 'canonicalize';

/** Bytes in their own buffer; what the browser's own interfaces ask for. */
export type Bytes = Uint8Array<ArrayBuffer>;

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/** Something on the wire does not have the one shape the protocol allows. */
export class Malformed extends Error {
  override name = 'Malformed';
}

const MAX_PART_BYTES = 65_535;
const MAX_U32 = 2 ** 32 - 1;
const MAX_DEPTH = 32;
const ID = /^[0-9a-f]{32}$/;
const DIGEST = /^[0-9a-f]{64}$/;
const PURPOSE = /^(ballot(\/[A-Z]{2}[0-9]{1,2})?|comment)$/;
const BASE64URL = /^[A-Za-z0-9_-]*$/;
const LONE_SURROGATE = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Text as UTF-8. TextEncoder would quietly replace a lone surrogate; two texts would share one encoding. */
export function utf8(text: string): Bytes {
  if (LONE_SURROGATE.test(text)) throw new Malformed('not valid Unicode text');
  return encoder.encode(text);
}

export function fromUtf8(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new Malformed('not UTF-8');
  }
}

export function concat(...parts: Uint8Array[]): Bytes {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** Joins parts so that no two different lists of parts give the same bytes. */
export function lp(...parts: (Uint8Array | string)[]): Bytes {
  return concat(
    ...parts.flatMap((part) => {
      const raw = typeof part === 'string' ? utf8(part) : part;
      if (raw.length > MAX_PART_BYTES) throw new Malformed('a part is longer than 65,535 bytes');
      return [Uint8Array.of(raw.length >> 8, raw.length & 0xff), raw];
    }),
  );
}

export function u32(n: number): Bytes {
  if (!Number.isInteger(n) || n < 0 || n > MAX_U32) throw new Malformed('not an unsigned 32-bit integer');
  return Uint8Array.of(n >>> 24, (n >>> 16) & 0xff, (n >>> 8) & 0xff, n & 0xff);
}

/** Base64url without padding. Reference: RFC 4648, section 5. */
export function b64u(bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** Reads base64url as strictly as it is written, so that one value has one spelling. */
export function unb64u(text: unknown, length?: number): Bytes {
  if (typeof text !== 'string' || !BASE64URL.test(text) || text.length % 4 === 1) {
    throw new Malformed('not base64url without padding');
  }
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
  if (b64u(bytes) !== text) throw new Malformed('base64url with stray trailing bits');
  if (length !== undefined && bytes.length !== length) throw new Malformed(`expected ${length} bytes`);
  return bytes;
}

export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export function unhex(text: unknown, length?: number): Bytes {
  if (typeof text !== 'string' || !/^([0-9a-f]{2})*$/.test(text)) throw new Malformed('not lower-case hex');
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i += 1) bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
  if (length !== undefined && bytes.length !== length) throw new Malformed(`expected ${length} bytes`);
  return bytes;
}

export function digest(bytes: Uint8Array): Bytes {
  return concat(sha256(bytes));
}

export function sha256Hex(bytes: Uint8Array): string {
  return hex(sha256(bytes));
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** Canonical JSON in UTF-8, integers only. Reference: RFC 8785. */
export function canonical(value: unknown): Bytes {
  checkJson(value, 0);
  const text = canonicalize(value);
  if (text === undefined) throw new Malformed('not representable as JSON');
  return utf8(text);
}

/** Reads JSON that is already canonical: no duplicate keys, no spaces, no fractions, one spelling. */
export function parseCanonical(bytes: Uint8Array): Json {
  const value = parseJson(fromUtf8(bytes));
  if (!sameBytes(canonical(value), bytes)) throw new Malformed('not canonical JSON');
  return value;
}

export function parseJson(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    throw new Malformed('not JSON');
  }
}

function checkJson(value: unknown, depth: number): void {
  if (depth > MAX_DEPTH) throw new Malformed('nested too deeply');
  if (value === null || typeof value === 'boolean') return;
  if (typeof value === 'string') {
    if (LONE_SURROGATE.test(value)) throw new Malformed('not valid Unicode text');
    return;
  }
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw new Malformed('numbers on the wire are integers');
    return;
  }
  if (Array.isArray(value)) {
    for (const member of value) checkJson(member, depth + 1);
    return;
  }
  if (typeof value === 'object') {
    for (const [key, member] of Object.entries(value)) {
      if (LONE_SURROGATE.test(key)) throw new Malformed('not valid Unicode text');
      checkJson(member, depth + 1);
    }
    return;
  }
  throw new Malformed('only objects, lists, text, integers, true, false and null');
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An object with exactly these keys. The error names no value and no foreign key. */
export function exactKeys(value: unknown, ...keys: string[]): JsonObject {
  if (!isObject(value)) throw new Malformed('not an object');
  if (Object.keys(value).length !== keys.length || !keys.every((key) => Object.hasOwn(value, key))) {
    throw new Malformed(`expected exactly the keys ${keys.join(', ')}`);
  }
  return value;
}

/** An object with at least these keys: what a newer version adds is not this reader's business. */
export function hasKeys(value: unknown, ...keys: string[]): JsonObject {
  if (!isObject(value)) throw new Malformed('not an object');
  for (const key of keys) if (!Object.hasOwn(value, key)) throw new Malformed(`expected the key ${key}`);
  return value;
}

export function text(value: unknown): string {
  if (typeof value !== 'string') throw new Malformed('not text');
  return value;
}

export function list(value: unknown): Json[] {
  if (!Array.isArray(value)) throw new Malformed('not a list');
  return value as Json[];
}

/** An integer from `least` to `most`. */
export function integer(value: unknown, least = 0, most = Number.MAX_SAFE_INTEGER): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < least || value > most) {
    throw new Malformed(`not an integer from ${least} to ${most}`);
  }
  return value;
}

export function bool(value: unknown): boolean {
  if (typeof value !== 'boolean') throw new Malformed('not true or false');
  return value;
}

/** A round, unit or organisation id. */
export function id(value: unknown): string {
  if (typeof value !== 'string' || !ID.test(value)) throw new Malformed('not an id of 32 lower-case hex characters');
  return value;
}

/** A SHA-256 digest in hex. */
export function hash(value: unknown): string {
  if (typeof value !== 'string' || !DIGEST.test(value)) throw new Malformed('not a digest of 64 lower-case hex characters');
  return value;
}

export function purpose(value: unknown): string {
  if (typeof value !== 'string' || !PURPOSE.test(value)) throw new Malformed('not a purpose');
  return value;
}

export function isId(value: unknown): value is string {
  return typeof value === 'string' && ID.test(value);
}
