/** Whether who listens where a monitor of ours may stand is that monitor, by what is known of him. Pure. */
import type { KnownMonitor } from './declare.ts'
import { ownUsers, type Stranger } from './identity.ts'

/** When one that did not say who he is is asked again: he may only just have started. */
const SILENT_MS = 2_000
/** The same of one that said that he is another: a process may go and leave its socket to ours. */
const ANOTHER_MS = 30_000

/** Why he is not taken, and when that may be otherwise. */
export interface NotOurs {
  readonly why: string
  readonly afterMs: number
}

function whoIsRemembered(name: string, { saysHeIs, hasOurOwner }: Stranger, isAtHome: boolean): NotOurs | undefined {
  if (saysHeIs === 'idle')
    return { why: `another monitor is named ${name}, and this one has nothing to watch here`, afterMs: ANOTHER_MS }
  if (isAtHome || hasOurOwner) return undefined
  const users = ownUsers(name).join(', ')
  const why = `another monitor is named ${name}, and this socket is of a user that Node Doctor's own does not run as (${users}): run it as one of these, or \`node-doctor forget ${name}\` once the other is gone`
  return { why, afterMs: ANOTHER_MS }
}

/**
 * Refuses who is none: nobody has the types of ours by his place alone, nor is ours there by him where it is expected. Nor does anybody take its
 * name, and with it what it said, while it is here or away for a moment, but one that says he is that monitor and whose socket is its own, or
 * of a user that ours runs as. Who says nothing at its own socket is that monitor, and hangs.
 * @param isRemembered one of that name is here, or may come back
 */
export function whyNotOurs(known: KnownMonitor, stranger: Stranger, isRemembered: boolean): NotOurs | undefined {
  const { name, isAtHome = false } = known
  const { saysHeIs } = stranger
  const own = `${name} is a name of Node Doctor's own`
  if (saysHeIs === undefined)
    return isAtHome && !isRemembered
      ? undefined
      : { why: `${own}, and who listens does not say who he is`, afterMs: SILENT_MS }
  if (saysHeIs === 'another') {
    const why = `${own}, and this does not describe itself as that monitor; give the plug-in another name`
    return { why, afterMs: ANOTHER_MS }
  }
  return isRemembered ? whoIsRemembered(name, stranger, isAtHome) : undefined
}
