/** Each refusal in one plain sentence: what is wrong. What to do is the same for all and said beside it. */

import { gettext } from './i18n.ts';
import type { RefusalCode } from './refusal.ts';

export function refusalText(code: RefusalCode): string {
  switch (code) {
    case 'key_not_in_manifest':
      return gettext('The key you were given is not the one published for this round.');
    case 'manifest_changed':
      return gettext('The rules of this round are not the ones this browser saw before.');
    case 'manifest_malformed':
      return gettext('The published rules of this round cannot be read.');
    case 'log_broken':
      return gettext('The public log does not hold together.');
    case 'log_rewritten':
      return gettext('The public log was changed after this browser saw it.');
    case 'signature_invalid':
      return gettext('An entry of the public log is signed neither by the steward nor by a key that the steward allowed to sign.');
    case 'proof_invalid':
      return gettext('The server could not prove that your slip was made with the published key.');
    case 'roster_too_small':
      return gettext('The group you would be counted with has fewer than five people.');
    case 'roster_missing':
      return gettext('You were not shown whom you would be counted with.');
    case 'roster_unreadable':
      return gettext('The people you would be counted with are written in a way that could make two of them look alike.');
    case 'roster_mismatch':
      return gettext('The people you were shown are not the ones fixed when the round was published.');
    case 'roster_erased':
      return gettext('Somebody you would be counted with is shown as erased, and the round has not opened yet. Look again once it is open.');
    case 'not_in_roster':
      return gettext('You are not among the people you would be counted with.');
    case 'round_not_in_log':
      return gettext('This round is not in the public log.');
    case 'blob_mismatch':
      return gettext('The statements are not the ones named in the published rules.');
  }
}
