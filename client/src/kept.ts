/**
 * What a page of a room and the clock of a talk keep for a reload, and what somebody asked the self-check to keep.
 * Nothing else may use these.
 *
 * A room and a clock are kept for this tab alone and are gone with it. A browser that keeps nothing is no reason to
 * fail: then a reload begins anew.
 */

import { isObject, type Json, parseJson } from './wire.ts';

type Place = 'seat' | 'moderated' | 'self-check' | 'talk';

const area = (place: Place): Storage => (place === 'self-check' ? localStorage : sessionStorage);

/** Whether it is kept. */
export function keep(place: Place, value: Json): boolean {
  try {
    area(place).setItem(`andon-${place}`, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}

export function kept(place: Place): Record<string, Json> | null {
  try {
    const value = parseJson(area(place).getItem(`andon-${place}`) ?? 'null');
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

export function forget(place: Place): void {
  try {
    area(place).removeItem(`andon-${place}`);
  } catch {
    // Then nothing is there either.
  }
}
