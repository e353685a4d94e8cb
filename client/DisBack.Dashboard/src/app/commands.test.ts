import { expect, it } from 'vitest';
import { refusals } from './commands';

const refused = (key: string, status: string) => ({ key, message: `Nothing to do: the run is ${status}.` });

it('runs that are refused for the same reason are told of together', () => {
  expect(refusals([refused('a/0', 'failed'), refused('b/0', 'cancelled'), refused('c/0', 'cancelled')], 4)).toEqual([
    'a/0: Nothing to do: the run is failed.',
    '2 of 4: Nothing to do: the run is cancelled.',
  ]);
});

it('nothing is said where nothing was refused', () => expect(refusals([], 3)).toEqual([]));
