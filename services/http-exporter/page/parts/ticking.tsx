import { useLayoutEffect, useRef } from 'preact/hooks'
import { usePage } from '../state/hooks.ts'

/** A text that may be another each second. */
export function Ticking({ text }: { readonly text: () => string }) {
  const page = usePage()
  const element = useRef<HTMLSpanElement>(null)
  useLayoutEffect(() => {
    function write(): void {
      if (element.current !== null) element.current.textContent = text()
    }
    write()
    return page.ticker.each(write)
  })
  return <span ref={element} />
}
