import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'

/** Drawn at once: about what fits on a screen. */
export const FIRST = 30

const LEAST = 10
const MOST = 120

/** A piece that took less than the first makes the next one larger, more than the second smaller, in milliseconds. */
const SHORT_MS = 6
const LONG_MS = 12

/**
 * How many items of a long list are to be drawn by now: the first few at once, the others in pieces with a painted frame
 * after each, however slow the machine is. Call it before drawing them.
 * @param list stands for the list: with another one it begins anew
 */
export function useFilling(total: number, list: string): number {
  const startedMs = performance.now()
  const [filled, fill] = useState({ list, count: FIRST })
  const piece = useRef(FIRST)
  const tookMs = useRef(0)
  const count = filled.list === list ? filled.count : FIRST
  useLayoutEffect(() => {
    tookMs.current = performance.now() - startedMs
  })
  useEffect(() => {
    if (count >= total) {
      // What went away and comes back, as after a restart of the agent, is filled in again.
      if (count > total + MOST) fill({ list, count: Math.max(FIRST, total) })
      return undefined
    }
    const timer = setTimeout(() => {
      if (tookMs.current < SHORT_MS) piece.current = Math.min(MOST, piece.current * 2)
      else if (tookMs.current > LONG_MS) piece.current = Math.max(LEAST, Math.floor(piece.current / 2))
      fill({ list, count: count + piece.current })
    })
    return () => clearTimeout(timer)
  }, [list, count, total])
  return Math.min(count, total)
}
