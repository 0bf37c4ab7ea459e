/** Which machine something was kept by: a disk that was copied brings it to another one. Pure. */
import { hashText } from '#model'

/** What a machine is known by, as far as it can be read, each as a hash. */
export interface Machine {
  /** Of its firmware (DMI product UUID). */
  readonly product?: string | undefined
  /** Of its system (machine-id). */
  readonly system?: string | undefined
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
/** One digit alone, and what a maker of firmware ships everywhere. */
const NOBODYS = /^([0-9a-f])(?:\1|-)+$|^03000200-0400-0500-0006-000700080009$/
const MACHINE_ID = /^[0-9a-f]{32}$/
const HASH = /^[0-9a-f]{16}$/

/** @param productUuid text of /sys/class/dmi/id/product_uuid @param machineId text of /etc/machine-id */
export function machineOf(productUuid: string | undefined, machineId: string | undefined): Machine {
  const uuid = productUuid?.trim().toLowerCase() ?? ''
  const id = machineId?.trim() ?? ''
  return {
    ...(UUID.test(uuid) && !NOBODYS.test(uuid) && { product: hashText(uuid) }),
    ...(MACHINE_ID.test(id) && { system: hashText(id) }),
  }
}

/** What a file says of it; nothing where it makes no sense. */
export function keptMachine(value: unknown): Machine {
  if (typeof value !== 'object' || value === null) return {}
  const { product, system } = value as Partial<Record<keyof Machine, unknown>>
  const isHash = (one: unknown): one is string => typeof one === 'string' && HASH.test(one)
  return { ...(isHash(product) && { product }), ...(isHash(system) && { system }) }
}

/**
 * Whether something was kept by another machine. The firmware's word counts first: a system that is installed anew, or has another id at
 * each boot, is on the same one. Where nothing of both is known it is the same.
 */
export function isAnotherMachine(kept: Machine, now: Machine): boolean {
  const key = kept.product !== undefined && now.product !== undefined ? 'product' : 'system'
  return kept[key] !== undefined && now[key] !== undefined && kept[key] !== now[key]
}

/** What is known by both; what could be read before and cannot be now stays known. */
export function joinedMachine(kept: Machine, now: Machine): Machine {
  return keptMachine({ ...kept, ...now })
}
