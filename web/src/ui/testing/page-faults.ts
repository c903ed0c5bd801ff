/** Below this a finger misses, in CSS pixels. */
const touchTarget = 40;
/** Stands outside the window until it has the focus. */
const skipLink = 'a[href="#content"]';

/**
 * What a designer would find wrong in the page as it stands, one line each: the page scrolls
 * sideways, text leaves its box or the window, targets too small for fingers (`touch`).
 */
export function findPageFaults(touch: boolean): readonly string[] {
  const found: string[] = [];
  const nameOf = (element: Element): string => {
    const own = (element.getAttribute('aria-label') ?? element.textContent ?? '').trim();
    return `${element.tagName.toLowerCase()}.${element.className} "${own.slice(0, 40)}"`;
  };
  for (const root of document.querySelectorAll('html, main, dialog[open], dialog[open] > *')) {
    if (root.scrollWidth > root.clientWidth + 1) {
      found.push(`scrolls sideways by ${root.scrollWidth - root.clientWidth}: ${nameOf(root)}`);
    }
  }
  const isShown = (element: Element): boolean =>
    element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) &&
    getComputedStyle(element).clipPath === 'none';
  const scrollsAside = (element: Element): boolean => {
    for (let at = element.parentElement; at !== null; at = at.parentElement) {
      if (['auto', 'scroll'].includes(getComputedStyle(at).overflowX)) {
        if (at.scrollWidth > at.clientWidth + 1) return true;
      }
    }
    return false;
  };
  for (const element of document.body.querySelectorAll('*')) {
    const hasText = [...element.childNodes].some(
      (node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim() !== '',
    );
    if (!hasText || !isShown(element) || element.matches(skipLink)) continue;
    const style = getComputedStyle(element);
    const box = element.getBoundingClientRect();
    if (box.width < 2 || box.height < 2) continue;
    const hidesX = ['hidden', 'clip'].includes(style.overflowX);
    if (hidesX && element.scrollWidth > element.clientWidth + 1) {
      found.push(`cut: ${nameOf(element)}`);
    } else if (
      style.display !== 'inline' &&
      element.clientWidth > 0 &&
      element.scrollWidth > element.clientWidth + 2 &&
      !['auto', 'scroll'].includes(style.overflowX)
    ) {
      found.push(`leaves its box: ${nameOf(element)}`);
    }
    if (['hidden', 'clip'].includes(style.overflowY)) {
      if (element.scrollHeight > element.clientHeight + 3) {
        found.push(
          `cut below by ${element.scrollHeight - element.clientHeight}: ${nameOf(element)}`,
        );
      }
    }
    if ((box.right > innerWidth + 1 || box.left < -1) && !scrollsAside(element)) {
      found.push(`leaves the window: ${nameOf(element)}`);
    }
  }
  if (touch) {
    const targets = 'button, select, summary, [role=button], [role=tab], a[href], input, textarea';
    for (const element of document.body.querySelectorAll(targets)) {
      if (!isShown(element) || element.closest('p, [aria-hidden=true]') !== null) continue;
      // A link whose shadow covers its row is as large as the row.
      if (getComputedStyle(element, '::after').position === 'absolute') continue;
      // A label around a control is part of what can be touched.
      const box = (element.closest('label') ?? element).getBoundingClientRect();
      if (box.width < 2 || (box.width >= touchTarget && box.height >= touchTarget)) continue;
      found.push(
        `small target ${Math.round(box.width)}×${Math.round(box.height)}: ${nameOf(element)}`,
      );
    }
  }
  return [...new Set(found)];
}
