/** Shows that a region goes on to the right: what is cut off may look whole, and not every browser shows a bar. */
export function goesOn(region: HTMLElement): () => void {
  const look = () => region.classList.toggle('goes-on', region.scrollLeft + region.clientWidth < region.scrollWidth - 1);
  const sizes = new ResizeObserver(look);
  for (const element of [region, ...region.children]) {
    sizes.observe(element);
  }
  region.addEventListener('scroll', look, { passive: true });
  return () => {
    sizes.disconnect();
    region.removeEventListener('scroll', look);
  };
}
