import { expect, it } from 'vitest';
import { shownStatus } from './shownStatus';

it('says that a cancelled run was pruned, and of any other where it stands', () => {
  expect(shownStatus('cancelled', 'Pruned at step 8 with fid 31.')).toBe('pruned');
  expect(shownStatus('cancelled', null)).toBe('cancelled');
  expect(shownStatus('completed', 'Pruned at step 8 with fid 31.')).toBe('completed');
  expect(shownStatus('running', 'Pruned at step 8 with fid 31.')).toBe('running');
});
