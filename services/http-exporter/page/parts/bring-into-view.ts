/** How long a page that has just been opened may go on growing above what it was opened for. */
const SETTLING_MS = 3000

const TOUCHES = ['wheel', 'touchmove', 'pointerdown', 'keydown'] as const

/**
 * Brings an element into view, and keeps it there while parts above it are still being filled; until the reader does
 * something, at most {@link SETTLING_MS}. @returns its end
 */
export function bringIntoView(element: Element): () => void {
  const growth = new ResizeObserver(() => element.scrollIntoView({ block: 'center' }))
  function stop(): void {
    growth.disconnect()
    clearTimeout(end)
    for (const touch of TOUCHES) removeEventListener(touch, stop)
  }
  const end = setTimeout(stop, SETTLING_MS)
  for (const touch of TOUCHES) addEventListener(touch, stop, { passive: true })
  growth.observe(document.documentElement)
  element.scrollIntoView({ block: 'center' })
  return stop
}
