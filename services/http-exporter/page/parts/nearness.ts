import type { RefObject } from 'preact'
import { useLayoutEffect, useState } from 'preact/hooks'

/** Tells elements whether they are in view, or about to be. */
export interface Nearness {
  /** `tell` hears where the element is, and each change of that. Returns its own removal. */
  watch(element: Element, tell: (near: boolean) => void): () => void
  /** Whether the element of this id is near. */
  has(id: string): boolean
}

/** Elements this far above and below what is seen count as near: about a turn of the wheel. */
const MARGIN_PX = 800

export function createNearness(): Nearness {
  const told = new WeakMap<Element, (near: boolean) => void>()
  const near = new Set<string>()
  const observer = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        if (isIntersecting) near.add(target.id)
        else near.delete(target.id)
        told.get(target)?.(isIntersecting)
      }
    },
    { rootMargin: `${MARGIN_PX}px 0px` },
  )
  return {
    watch(element, tell) {
      told.set(element, tell)
      observer.observe(element)
      return () => {
        observer.unobserve(element)
        near.delete(element.id)
      }
    },
    has: (id) => near.has(id),
  }
}

/** Whether an element is near. @param first what is assumed until that is known */
export function useNear(nearness: Nearness, element: RefObject<Element | null>, first: boolean): boolean {
  const [near, setNear] = useState(first)
  useLayoutEffect(() => (element.current === null ? undefined : nearness.watch(element.current, setNear)), [nearness])
  return near
}
