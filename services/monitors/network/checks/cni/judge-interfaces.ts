/** Whether the interfaces of plug-ins are there. Pure. */
import type { Config } from './config.ts'
import type { Fault, Well } from './judge-lasting.ts'
import type { CniMemory } from './memory.ts'
import type { PluginInterface } from './plugins.ts'
import type { CniReading, InterfacesReading } from './source.ts'

/** An interface that lacks, and why it has to be there. */
interface Lacking {
  readonly name: string
  readonly isDown: boolean
  readonly because: string
  readonly isCritical: boolean
}

/** Whether pods have addresses behind an interface, as far as that is seen. */
function hasPods({ hasLoosePod }: InterfacesReading, { leases }: CniReading): boolean {
  // What host-local gave out before a reboot may still stand there: it is no proof alone.
  const taken = leases.filter((lease) => lease.ok).flatMap(({ value }) => value.taken)
  const isLeasing = leases.some((lease) => lease.ok)
  return hasLoosePod && (!isLeasing || taken.length > 0)
}

function lackingOf(
  own: readonly PluginInterface[],
  reading: CniReading,
  interfaces: InterfacesReading,
  config: Config,
  seen: readonly string[],
): readonly Lacking[] {
  const isLacking = (name: string) => interfaces.states.get(name) !== 'up'
  const isDown = (name: string) => interfaces.states.get(name) === 'down'
  const named = config.expectedInterfaces.filter(isLacking).map((name) => ({
    name,
    isDown: isDown(name),
    because: 'it is expected by the configuration of this check',
    isCritical: false,
  }))
  const pods = hasPods(interfaces, reading)
  const ofPlugins = own
    .filter(({ name }) => isLacking(name) && !config.expectedInterfaces.includes(name))
    // Those of a mode the CNI takes away itself when it is given another: they are missed while they are there.
    .filter(({ name, isCertain }) => (isCertain ? pods || seen.includes(name) : isDown(name) && seen.includes(name)))
    .map(({ name, of, isCertain }) => ({
      name,
      isDown: isDown(name),
      because: seen.includes(name) ? `${of} had it in this boot` : `${of} makes it, and pods have addresses behind it`,
      isCritical: isCertain,
    }))
  return [...named, ...ofPlugins]
}

/** A look at the interfaces, and those of plug-ins that were up in this boot. */
export interface InterfacesLook {
  readonly well: Well
  readonly fault: Fault | undefined
  readonly seen: readonly string[]
}

/** @param own undefined: the configuration does not tell which */
export function lookAtInterfaces(
  own: readonly PluginInterface[] | undefined,
  reading: CniReading,
  interfaces: InterfacesReading,
  config: Config,
  memory: CniMemory,
): InterfacesLook {
  const isUp = (name: string) => interfaces.states.get(name) === 'up'
  const ups = [...interfaces.states.keys()].filter(isUp)
  const now = (own ?? []).map(({ name }) => name).filter(isUp)
  // Of plug-ins that are not configured any more nothing is missed.
  const kept = own === undefined ? memory.seen : memory.seen.filter((name) => own.some((one) => one.name === name))
  const lacking = lackingOf(own ?? [], reading, interfaces, config, kept)
  const message = ups.length === 0 ? 'there is none to miss yet' : `${ups.join(', ')} up`
  return {
    well: { type: 'CNIInterfaceMissing', reason: 'InterfacesPresent', message },
    fault: lacking.length === 0 ? undefined : faultOf(lacking),
    seen: [...new Set([...kept, ...now])],
  }
}

function faultOf(lacking: readonly Lacking[]): Fault {
  const [first] = lacking
  const words = lacking.slice(0, 8).map(({ name, isDown }) => `${name} is ${isDown ? 'switched off' : 'missing'}`)
  const isCritical = lacking.some((one) => one.isCritical)
  return {
    reason: lacking.every(({ isDown }) => isDown) ? 'InterfaceDown' : 'InterfaceMissing',
    level: isCritical ? 'critical' : 'warning',
    summary: words.join(', '),
    more: `${first!.because}; see the pod of the CNI on this node, and who took it away`,
  }
}
