import { ApiError, post, remove } from '../api/client';
import { pathOf, type RunKind } from '../api/paths';
import type { CommandReply } from '../api/types';
import { confirmation } from './confirm.svelte';
import { notices } from './notices.svelte';

/** What an operator can have done to runs. */
export type Command = 'pause' | 'resume' | 'cancel' | 'archive' | 'unarchive' | 'delete';

/** Hides a run from lists; `disback archive` uses the same. */
export const archivedTag = 'archived';

const done: Record<Command, string> = {
  pause: 'stops after a checkpoint',
  resume: 'goes on',
  cancel: 'is cancelled',
  archive: 'is archived',
  unarchive: 'is no longer archived',
  delete: 'is deleted',
};

const questions: Partial<Record<Command, (what: string) => { title: string; text: string }>> = {
  cancel: what => ({ title: `Cancel ${what}?`, text: 'They stop for good. What was committed stays.' }),
  delete: what => ({ title: `Delete ${what}?`, text: 'Names are free again and curves are lost. Stored contents stay until they are collected.' }),
};

/** What can be commanded: a run of a kind, or a search with all its trials. */
export type Commanded = RunKind | 'sweeps';

/** Has a command done to runs of a kind, after a question where it cannot be taken back; says what became of it. Returns whether anything was done. */
export async function command(verb: Command, kind: Commanded, keys: readonly string[]): Promise<boolean> {
  const what = keys.length === 1 ? keys[0]! : `${keys.length} ${kind}`;
  const question = questions[verb]?.(what);
  if (question && !(await confirmation.ask({ ...question, items: keys, action: verb === 'cancel' ? 'Cancel them' : 'Delete', danger: true }))) {
    return false;
  }
  let succeeded = 0;
  for (const key of keys) {
    try {
      await send(verb, kind, key);
      succeeded++;
    } catch (failure) {
      if (!(failure instanceof ApiError)) {
        throw failure;
      }
      notices.say('failed', failure.message);
    }
  }
  if (succeeded > 0) {
    notices.say('done', keys.length === 1 ? `${keys[0]} ${done[verb]}.` : `${succeeded} of ${keys.length}: each ${done[verb]}.`);
  }
  return succeeded > 0;
}

function send(verb: Command, kind: Commanded, key: string): Promise<unknown> {
  const path = pathOf(kind, key);
  switch (verb) {
    case 'archive':
      return post(`${path}/tags`, { add: [archivedTag] });
    case 'unarchive':
      return post(`${path}/tags`, { remove: [archivedTag] });
    case 'delete':
      return remove<CommandReply>(path);
    default:
      return post<CommandReply>(`${path}/${verb}`);
  }
}
