/** Whose journal it is: the machine's id. What cannot be read for a moment is read again, so that a machine is never taken for another one. */
import type { Clock } from '#clock'
import { type Host, HostReadError } from '#host'
import type { Logger } from '#service'

const AGAIN_MS = 5_000
/** As systemd has it before the first boot of an image is over (machine-id(5)). */
const UNINITIALIZED = 'uninitialized'

/** The machine as a journal names it. */
export interface Identity {
  /** "": it has none. */
  readonly machineId: string
  readonly identity: string
  /** How the same machine was called while it had no id: its journal of then is its own. */
  readonly formerly: readonly string[]
}

/**
 * Reads it until it is read: a host that hangs for a moment has an id, and where there is a journal it is by that. A machine that has none, or
 * none yet, is called by its node.
 * @throws the signal's reason
 */
export async function identityOf(
  {
    host,
    nodeName,
    clock,
    log,
  }: { readonly host: Pick<Host, 'files'>; readonly nodeName: string; readonly clock: Clock; readonly log: Logger },
  signal: AbortSignal,
): Promise<Identity> {
  const ofNode = `node ${nodeName}`
  for (let isTold = false; ; isTold = true) {
    try {
      const id = (await host.files.readText('/etc/machine-id')).trim()
      if (id !== '' && id !== UNINITIALIZED) return { machineId: id, identity: id, formerly: [ofNode] }
      log.warn('the machine has no id yet; its journal is bound to the name of the node')
      return { machineId: '', identity: ofNode, formerly: [] }
    } catch (err) {
      if (err instanceof HostReadError && err.code === 'ENOENT') {
        log.warn('the machine has no id; its journal is bound to the name of the node', { err })
        return { machineId: '', identity: ofNode, formerly: [] }
      }
      if (!isTold) log.warn('the machine id cannot be read; nothing is done until it is', { err })
      await clock.sleep(AGAIN_MS, signal)
    }
  }
}
