import { Resource } from '../api/resource.svelte';
import type { ThinnedCurve } from '../api/types';
import { isThinned, placesOf, refined, type Range } from './closer';

/** How long a part has to stay the same before it is fetched, in milliseconds. */
const calm = 300;

/**
 * The curves of a chart, with finer points where it is zoomed into. To be made with the component that shows them, and anew where they are laid over something
 * else.
 */
export class CloserCurves {
  #whole: () => readonly ThinnedCurve[];
  #share = $state.raw<Range | undefined>();
  #closer = new Resource<readonly ThinnedCurve[]>();
  readonly drawn = $derived.by(() => {
    const closer = new Map((this.#closer.value ?? []).map(curve => [`${curve.run} ${curve.metric}`, curve]));
    return this.#whole().map(curve => refined(curve, closer.get(`${curve.run} ${curve.metric}`)));
  });

  /** Takes the part that is looked at, in shares of the whole; undefined for all of it. */
  readonly zoom = (share: Range | undefined): void => {
    this.#share = share;
  };

  /**
   * @param whole The curves with the points for all of the chart.
   * @param fetch Fetches those that lie between two places.
   * @param range Where the axis of the chart begins and ends.
   */
  constructor(
    whole: () => readonly ThinnedCurve[],
    fetch: (places: Range, signal: AbortSignal) => Promise<readonly ThinnedCurve[]>,
    range: () => Range | undefined,
  ) {
    this.#whole = whole;
    $effect(() => {
      const axis = range();
      if (!this.#share || !axis || !whole().some(isThinned)) {
        this.#closer.clear();
        return;
      }
      const places = placesOf(axis, this.#share);
      const timer = setTimeout(() => void this.#closer.load(signal => fetch(places, signal)), calm);
      return () => clearTimeout(timer);
    });
  }
}
