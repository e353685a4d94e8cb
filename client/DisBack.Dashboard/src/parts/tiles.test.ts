import { expect, test } from 'vitest';
import { captionsOf, tilesOf } from './tiles';

test('images are found behind a caption of any width', () => {
  const [bare, captioned] = [tilesOf(20 * 58 + 2, 60), tilesOf(97 + 20 * 58 + 2, 60)];
  expect(bare).toHaveLength(20);
  expect(bare[0]).toEqual({ left: 2, top: 2, side: 56 });
  expect(captioned).toHaveLength(20);
  expect(captioned[0]).toEqual({ left: 99, top: 2, side: 56 });
  expect(captioned[19]!.left + 56 + 2).toBe(97 + 20 * 58 + 2);
});

test('a strip of fewer images has as many as fit', () => expect(tilesOf(3 * 10 + 2, 12)).toHaveLength(3));

test('captions are what lies before the images of a sheet of any rows', () => {
  expect(captionsOf(97 + 20 * 58 + 2, 58 + 2)).toBe(97);
  for (const side of [8, 12, 16, 28, 32, 64, 256].map(pixels => 4 * pixels)) {
    for (let rows = 1; rows <= 18; rows++) {
      expect(captionsOf(150 + 20 * (side + 2) + 2, rows * (side + 2) + 2)).toBe(150);
    }
  }
});

test('a picture of no sheet has no captions', () => expect(captionsOf(30, 60)).toBe(0));
