/** What the wallet refuses (docs/protocol, section 11): one code per reason, shown loudly, the slip stays unused. */

export type RefusalCode =
  | 'key_not_in_manifest' // the leaf is not under the manifest's root, or holds no key for the purpose
  | 'manifest_changed' // another manifest was seen for this round
  | 'manifest_malformed'
  | 'log_broken' // entries do not chain
  | 'log_rewritten' // the log does not extend the one seen before
  | 'signature_invalid'
  | 'proof_invalid'
  | 'roster_too_small'
  | 'roster_missing' // no roster by name was shown
  | 'roster_unreadable' // it holds characters that nobody sees
  | 'roster_mismatch' // its opening does not match the leaf
  | 'roster_erased' // somebody is hidden as erased on a roster that is shown for the first time before the opening
  | 'not_in_roster'
  | 'round_not_in_log'
  | 'blob_mismatch'; // a file is not the one whose hash the manifest names

export class Refusal extends Error {
  override name = 'Refusal';

  constructor(
    readonly code: RefusalCode,
    message?: string,
  ) {
    super(message ?? code);
  }
}
