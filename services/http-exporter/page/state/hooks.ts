/** How parts of the page follow its state. */
import { type Component, createContext, createElement, type FunctionComponent } from 'preact'
import { useContext, useLayoutEffect, useState } from 'preact/hooks'
import type { Cell } from './cell.ts'
import type { Page } from './page.ts'

export const PageContext = createContext<Page | undefined>(undefined)

export function usePage(): Page {
  const page = useContext(PageContext)
  if (page === undefined) throw new TypeError('a part of the page stands outside PageContext; put it inside <App>')
  return page
}

/** The cell's value; the part is drawn again when it changes. */
export function useCell<T>(cell: Cell<T>): T {
  const [, draw] = useState<unknown>(undefined)
  useLayoutEffect(() => {
    const seen = cell.value
    const stop = cell.follow(() => draw({}))
    // It may have changed between drawing and following.
    if (!Object.is(seen, cell.value)) draw({})
    return stop
  }, [cell])
  return cell.value
}

/** What is derived from a cell; the part is drawn again only when that changes. */
export function useDerived<T, D>(cell: Cell<T>, derive: (value: T) => D): D {
  const derived = derive(cell.value)
  const [, draw] = useState<unknown>(undefined)
  useLayoutEffect(() => {
    function look(): void {
      if (!Object.is(derive(cell.value), derived)) draw({})
    }
    look()
    return cell.follow(look)
  })
  return derived
}

function differs(a: object, b: object): boolean {
  const left: [string, unknown][] = Object.entries(a)
  const right = new Map<string, unknown>(Object.entries(b))
  return left.length !== right.size || left.some(([key, value]) => !Object.is(value, right.get(key)))
}

/** A part that rests while its properties stay the same. */
export function resting<P extends object>(part: FunctionComponent<P>): FunctionComponent<P> {
  return function Resting(this: Component<P>, props: P) {
    this.shouldComponentUpdate = (next) => differs(this.props, next)
    return createElement(part, props)
  } as FunctionComponent<P>
}
