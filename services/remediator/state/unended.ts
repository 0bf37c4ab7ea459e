/** Acts that were given up and may run still, and whose they are. Pure. */
import { isRemedy, REMEDIES } from '#remedies'
import type { OpenAttempt, SafetyState, Unended } from './types.ts'

/** What is told of such an attempt once it is known to have ended: a step of one that is over, which nobody tells who runs it. */
export const LET_GO = 'let-go'

/** Whom a plug-in's target names: "external:fixer/fix". */
const PLUG_IN = /^external:([^/]*)/

/** Who runs an act, as people call him; "": this process itself. */
export function runnerOf({ strategy, target }: Pick<OpenAttempt, 'strategy' | 'target'>): string {
  const plugIn = PLUG_IN.exec(target)?.[1]
  if (plugIn !== undefined) return plugIn
  return isRemedy(strategy) && REMEDIES[strategy].by === 'remediator' ? '' : 'host-actions'
}

/** What it is done with. */
interface Wish {
  readonly act: Pick<OpenAttempt, 'strategy' | 'target'>
  readonly isDisruptive: boolean
}

/**
 * The attempt that may run still and that another act must not begin beside; undefined: none. That is one on its target, one of whoever
 * would run it, and for what disturbs the node any.
 */
export function besideUnended({ unended }: SafetyState, { act, isDisruptive }: Wish): Unended | undefined {
  const whose = runnerOf(act)
  return unended.find(
    (each) => isDisruptive || each.target === act.target || (whose !== '' && runnerOf(each) === whose),
  )
}
