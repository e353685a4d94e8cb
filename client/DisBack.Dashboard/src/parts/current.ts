/** Scrolls a row of links to the one of the page that is shown, where not all of them fit. The page itself stays where it is. */
export function showCurrent(row: HTMLElement | undefined): void {
  const current = row?.querySelector<HTMLElement>('[aria-current]');
  if (row && current) {
    const { left, width } = row.getBoundingClientRect();
    const link = current.getBoundingClientRect();
    row.scrollLeft += link.left + link.width / 2 - (left + width / 2);
  }
}
