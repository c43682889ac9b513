/** Each outcome of a cast in plain words: what happened, what was kept, what to do. */

import { gettext } from './i18n.ts';

export interface Outcome {
  title: string;
  text: string;
  /** What the member can do about it here. */
  remedy: 'retry' | 'replace' | 'reload' | 'none';
}

export function outcomeOf(problem: string, values: { opens: string; stored: number | null }): Outcome {
  switch (problem) {
    case 'unreachable':
      return {
        title: gettext('Not yet sent'),
        text: gettext('The anonymous door did not answer. Your answers are sealed and kept in this browser. They go out by themselves as soon as there is a connection.'),
        remedy: 'retry',
      };
    case 'unavailable':
      return {
        title: gettext('Not yet sent'),
        text: gettext('The anonymous door does not take this at the moment. What you sent before stays in the box. Your answers are sealed and kept in this browser, and this page tries again.'),
        remedy: 'retry',
      };
    case 'not_open':
      return {
        title: gettext('Not yet sent: the round is not open'),
        text: gettext('It opens on %(date)s. Your answers are sealed and kept in this browser; send them then.', { date: values.opens }),
        remedy: 'retry',
      };
    case 'closed':
      return {
        title: gettext('The round closed before this was sent'),
        text: gettext('What you sent before the close counts. What you changed after that stays in this browser and counts nowhere.'),
        remedy: 'none',
      };
    case 'lower_sequence':
      return {
        title: gettext('A newer ballot of yours is already in the box'),
        text: gettext('It has the number %(stored)s, perhaps from another device. What you have here was not sent, and is kept.', {
          stored: values.stored ?? '?',
        }),
        remedy: 'replace',
      };
    case 'equal_sequence':
      return {
        title: gettext('Another ballot of yours is already in the box'),
        text: gettext('It has the same number as this one, perhaps from another device. What you have here was not sent, and is kept.'),
        remedy: 'replace',
      };
    case 'bad_slip':
      return {
        title: gettext('Your slip was not accepted'),
        text: gettext('The door says that this slip is not one of this round. This browser had checked it, so this should not happen. Your answers are kept here. Tell your auditor.'),
        remedy: 'retry',
      };
    case 'no_such_round':
      return {
        title: gettext('The door does not know this round'),
        text: gettext('It is in the public log, so this should not happen. Your answers are kept in this browser. Try again later; if it stays so, tell your auditor.'),
        remedy: 'retry',
      };
    case 'receipt_mismatch':
      return {
        title: gettext('The receipt does not fit your ballot'),
        text: gettext('The door confirmed something other than what was sent. Your answers are kept in this browser. Send them again; if it stays so, tell your auditor.'),
        remedy: 'retry',
      };
    case 'malformed':
    case 'wrong_size':
    case 'wrong_content_type':
      return {
        title: gettext('Your ballot could not be read on the way'),
        text: gettext('Something between this browser and the door may have changed it. Your answers are kept here. Try another network, for example your own phone.'),
        remedy: 'retry',
      };
    default:
      return {
        title: gettext('Not yet sent'),
        text: gettext('The door gave an answer that this page does not know. Your answers are sealed and kept in this browser.'),
        remedy: 'retry',
      };
  }
}
