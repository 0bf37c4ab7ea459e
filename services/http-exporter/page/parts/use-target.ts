import { useLayoutEffect } from 'preact/hooks'
import { useDerived, usePage } from '../state/hooks.ts'
import { bringIntoView } from './bring-into-view.ts'

/** For the element of this id: while the address points to it, it is marked, and brought into view when that begins. */
export function useTarget(id: string): { readonly 'aria-current'?: 'true' } {
  const page = usePage()
  const here = useDerived(page.target, (target) => target === id)
  useLayoutEffect(() => {
    const element = here ? document.getElementById(id) : null
    return element === null ? undefined : bringIntoView(element)
  }, [here, id])
  return here ? { 'aria-current': 'true' } : {}
}
