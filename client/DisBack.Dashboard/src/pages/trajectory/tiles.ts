// A sample strip is one picture: a caption, then images of equal size in a row. Tiles show some of its images without fetching anything else.

/** Images of a strip. */
const mostImages = 20;

/** Pixels between the images of a strip and around them. */
const margin = 2;

export type Tile = { left: number; top: number; side: number };

/** Where the images of a strip lie in its picture, counted from the right, since captions are of any width. */
export function tilesOf(width: number, height: number): Tile[] {
  const side = height - 2 * margin;
  const period = side + margin;
  const images = Math.min(mostImages, Math.floor((width - margin) / period));
  return side <= 0 ? [] : Array.from({ length: images }, (_, number) => ({ left: width - (images - number) * period, top: margin, side }));
}
