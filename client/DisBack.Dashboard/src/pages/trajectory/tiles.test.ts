import { expect, test } from 'vitest';
import { tilesOf } from './tiles';

test('images are found behind a caption of any width', () => {
  const [bare, captioned] = [tilesOf(20 * 58 + 2, 60), tilesOf(97 + 20 * 58 + 2, 60)];
  expect(bare).toHaveLength(20);
  expect(bare[0]).toEqual({ left: 2, top: 2, side: 56 });
  expect(captioned).toHaveLength(20);
  expect(captioned[0]).toEqual({ left: 99, top: 2, side: 56 });
  expect(captioned[19]!.left + 56 + 2).toBe(97 + 20 * 58 + 2);
});

test('a strip of fewer images has as many as fit', () => expect(tilesOf(3 * 10 + 2, 12)).toHaveLength(3));
