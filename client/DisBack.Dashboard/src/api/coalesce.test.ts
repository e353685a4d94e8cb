import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { coalesced } from './coalesce';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('does at once what is asked first, and once more after a pause what is asked often', async () => {
  const work = vi.fn(async () => undefined);
  const ask = coalesced(work, 1000);
  ask();
  ask();
  ask();
  expect(work).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(999);
  expect(work).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(work).toHaveBeenCalledTimes(2);
  await vi.advanceTimersByTimeAsync(5000);
  expect(work).toHaveBeenCalledTimes(2);
});

it('does nothing after it was stopped', async () => {
  const work = vi.fn(async () => undefined);
  const ask = coalesced(work, 1000);
  ask();
  ask();
  ask.stop();
  await vi.advanceTimersByTimeAsync(5000);
  ask();
  expect(work).toHaveBeenCalledTimes(1);
});
