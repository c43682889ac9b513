/**
 * Passkeys on the pages of signing in: a form that says `data-passkey` is sent once the device has made or opened one.
 *
 * Guarantees: what the server asks for goes to the device unchanged, and what the device gives goes into the form as
 * JSON; nothing is kept. Does not: decide anything; the server checks origin, challenge and signature.
 * Reference: W3C Web Authentication Level 3, 5.1.8 to 5.1.10 (the JSON forms).
 */

import { b64u, unb64u } from './wire.ts';

type Json = Record<string, unknown>;

interface Described {
  id: string;
  [key: string]: unknown;
}

const bytes = (text: unknown): Uint8Array<ArrayBuffer> => new Uint8Array(unb64u(String(text).replace(/=+$/, '')));
const text = (buffer: ArrayBuffer): string => b64u(new Uint8Array(buffer));
const described = (list: unknown): PublicKeyCredentialDescriptor[] =>
  ((list ?? []) as Described[]).map((one) => ({ ...one, type: 'public-key', id: bytes(one.id) }));

/** PublicKeyCredentialCreationOptionsJSON, as the browser wants it. */
export function creationOptions(json: Json): PublicKeyCredentialCreationOptions {
  const user = json['user'] as Described;
  return {
    ...json,
    challenge: bytes(json['challenge']),
    user: { ...user, id: bytes(user.id) },
    excludeCredentials: described(json['excludeCredentials']),
  } as unknown as PublicKeyCredentialCreationOptions;
}

/** PublicKeyCredentialRequestOptionsJSON, as the browser wants it. */
export function requestOptions(json: Json): PublicKeyCredentialRequestOptions {
  return {
    ...json,
    challenge: bytes(json['challenge']),
    allowCredentials: described(json['allowCredentials']),
  } as unknown as PublicKeyCredentialRequestOptions;
}

/** RegistrationResponseJSON or AuthenticationResponseJSON. */
export function credentialJson(credential: PublicKeyCredential): Json {
  const answer = credential.response as AuthenticatorAttestationResponse & AuthenticatorAssertionResponse;
  const response: Json = { clientDataJSON: text(answer.clientDataJSON) };
  if (answer.attestationObject) {
    response['attestationObject'] = text(answer.attestationObject);
    response['transports'] = answer.getTransports?.() ?? [];
  } else {
    response['authenticatorData'] = text(answer.authenticatorData);
    response['signature'] = text(answer.signature);
    response['userHandle'] = answer.userHandle ? text(answer.userHandle) : null;
  }
  return {
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment ?? null,
    clientExtensionResults: credential.getClientExtensionResults(),
    response,
  };
}

async function fill(form: HTMLFormElement): Promise<void> {
  const token = form.querySelector<HTMLInputElement>('input[name="csrfmiddlewaretoken"]')?.value ?? '';
  const answer = await fetch(form.dataset['options'] ?? '', {
    method: 'POST',
    headers: { 'X-CSRFToken': token, Accept: 'application/json' },
  });
  // Whoever has waited too long is asked again who they are, by the page itself.
  if (answer.redirected) return location.reload();
  if (!answer.ok) throw new Error('no options');
  const { publicKey } = (await answer.json()) as { publicKey: Json };
  const credential =
    form.dataset['passkey'] === 'make'
      ? await navigator.credentials.create({ publicKey: creationOptions(publicKey) })
      : await navigator.credentials.get({ publicKey: requestOptions(publicKey) });
  const field = form.querySelector<HTMLInputElement>('input[name="credential"]');
  if (!credential || !field) throw new Error('no passkey');
  field.value = JSON.stringify(credentialJson(credential as PublicKeyCredential));
  form.submit();
}

function prepare(form: HTMLFormElement): void {
  const status = form.querySelector<HTMLElement>('[data-passkey-status]');
  const button = form.querySelector('button');
  if (!('PublicKeyCredential' in globalThis)) {
    if (status) status.textContent = form.dataset['missing'] ?? '';
    if (button) button.disabled = true;
    return;
  }
  // Until here it said that this needs JavaScript.
  if (status) status.textContent = '';
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (status) status.textContent = '';
    fill(form).catch(() => {
      if (status) status.textContent = form.dataset['failed'] ?? '';
    });
  });
}

if (typeof document !== 'undefined')
  for (const form of document.querySelectorAll<HTMLFormElement>('form[data-passkey]')) prepare(form);
