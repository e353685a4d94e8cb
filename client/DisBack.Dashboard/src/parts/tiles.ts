// A sample strip is one picture: a caption, then images of equal size in a row. Tiles show some of its images without fetching anything else. A sheet has
// several such rows, one below the other.

/** Images of a strip. */
const mostImages = 20;

/** Pixels between the images of a strip and around them. */
const margin = 2;

/** Pixels of a picture for one of an image. */
const scale = 4;

export type Tile = { left: number; top: number; side: number };

/** Where the images of a strip lie in its picture, counted from the right, since captions are of any width. */
export function tilesOf(width: number, height: number): Tile[] {
  const side = height - 2 * margin;
  const period = side + margin;
  const images = Math.min(mostImages, Math.floor((width - margin) / period));
  return side <= 0 ? [] : Array.from({ length: images }, (_, number) => ({ left: width - (images - number) * period, top: margin, side }));
}

/** How wide the captions are on the left of a sheet: it has the fewest rows with which its images are whole and lie behind them. */
export function captionsOf(width: number, height: number): number {
  for (let rows = 1; rows < height; rows++) {
    const period = (height - margin) / rows;
    const captions = width - margin - mostImages * period;
    if ((period - margin) % scale === 0 && captions >= 0) {
      return captions;
    }
  }
  return 0;
}
