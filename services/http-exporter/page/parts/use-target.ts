import { useLayoutEffect } from 'preact/hooks'
import { useDerived, usePage } from '../state/hooks.ts'

/** For the element of this id: while the address points to it, it is marked, and brought into view when that begins. */
export function useTarget(id: string): { readonly 'aria-current'?: 'true' } {
  const page = usePage()
  const here = useDerived(page.target, (target) => target === id)
  useLayoutEffect(() => {
    if (here) document.getElementById(id)?.scrollIntoView({ block: 'center' })
  }, [here, id])
  return here ? { 'aria-current': 'true' } : {}
}
