import { expect, it } from 'vitest';
import { pageAt } from './pages';

it('know what an address names, and that one with a broken escape names nothing', () => {
  expect(pageAt('/runs/a%20b/0000')).toMatchObject({ title: 'a b/0000', key: 'a b/0000' });
  expect(pageAt('/runs')).toMatchObject({ title: 'Runs', key: '' });
  expect(pageAt('/runs/%25E0%A4')).toMatchObject({ title: 'Nothing here', key: '/runs/%25E0%A4' });
});
