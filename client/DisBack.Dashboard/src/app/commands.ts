import { ApiError, post, remove } from '../api/client';
import { pathOf, type RunKind } from '../api/paths';
import { isSettled, type CommandReply, type RunStatus } from '../api/types';
import { confirmation } from './confirm.svelte';
import { notices } from './notices.svelte';

/** What an operator can have done to runs. */
export type Command = 'pause' | 'resume' | 'cancel' | 'archive' | 'unarchive' | 'delete';

/** Whether a run takes a command where it stands; any other is refused. */
export function takes(status: RunStatus, verb: Command): boolean {
  switch (verb) {
    case 'pause':
      return !isSettled(status);
    case 'resume':
      return status === 'paused' || status === 'failed';
    case 'cancel':
      return !isSettled(status) || status === 'paused';
    case 'delete':
      return isSettled(status);
    default:
      return true;
  }
}

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

/**
 * Has a command done to runs of a kind, after a question where it cannot be taken back, with what depends on them; says what became of it. Returns whether
 * anything was done.
 */
export async function command(verb: Command, kind: Commanded, keys: readonly string[], dependents = ''): Promise<boolean> {
  const what = keys.length === 1 ? keys[0]! : `${keys.length} ${kind}`;
  const question = questions[verb]?.(what);
  const text = [question?.text, dependents].filter(Boolean).join(' ');
  if (question && !(await confirmation.ask({ ...question, text, items: keys, action: verb === 'cancel' ? 'Cancel them' : 'Delete', danger: true }))) {
    return false;
  }
  const refused: Refusal[] = [];
  let away = false;
  for (const key of keys) {
    try {
      const reply = await send(verb, kind, key);
      if (reply.applied === false) {
        refused.push({ key, message: reply.message ?? '' });
      }
    } catch (failure) {
      if (!(failure instanceof ApiError)) {
        throw failure;
      }
      refused.push({ key, message: failure.message });
      away ||= failure.status === 0;
    }
  }
  for (const text of refusals(refused, keys.length)) {
    notices.say('failed', text, away);
  }
  const succeeded = keys.length - refused.length;
  if (succeeded > 0) {
    notices.say('done', keys.length === 1 ? `${keys[0]} ${done[verb]}.` : `${succeeded} of ${keys.length}: each ${done[verb]}.`);
  }
  return succeeded > 0;
}

/** A run to which nothing was done, and why. */
export type Refusal = { key: string; message: string };

/** What was refused in sentences, one for all runs with the same reason: of `all` that were to be commanded. */
export function refusals(refused: readonly Refusal[], all: number): string[] {
  const keys = new Map<string, string[]>();
  for (const { key, message } of refused) {
    keys.set(message, [...(keys.get(message) ?? []), key]);
  }
  return [...keys].map(([message, some]) => `${some.length === 1 ? some[0] : `${some.length} of ${all}`}: ${message}`);
}

/** What comes back says whether anything was done, unless it always is: then it is the document as it is now. */
function send(verb: Command, kind: Commanded, key: string): Promise<Partial<CommandReply>> {
  const path = pathOf(kind, key);
  switch (verb) {
    case 'archive':
      return post(`${path}/tags`, { add: [archivedTag] });
    case 'unarchive':
      return post(`${path}/tags`, { remove: [archivedTag] });
    case 'delete':
      return remove(path);
    default:
      return post(`${path}/${verb}`);
  }
}
