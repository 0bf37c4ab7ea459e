/** Questions to the table, or to a copy of it. */
import type { BusPart, ServiceRow, ServiceTable } from './types.ts'

type Reader = Extract<BusPart, { readonly role: 'reader' }>

/** Services that read the bus, built or not, in the table's order. */
export function readersOf(table: ServiceTable): { readonly name: string; readonly bus: Reader }[] {
  return Object.entries(table).flatMap(([name, { bus }]) => (bus.role === 'reader' ? [{ name, bus }] : []))
}

/** A service of this version, with the user that it runs as in containers. */
export interface BuiltService extends ServiceRow {
  readonly name: string
  readonly uid: number
  /** Where it is to have less. Default: `uid`. */
  readonly plainUid?: number | undefined
}

/** Services that are part of this version, in the table's order. */
export function builtServices(table: ServiceTable): BuiltService[] {
  return Object.entries(table).flatMap(([name, row]) =>
    row.standing.built ? [{ ...row, name, uid: row.standing.uid, plainUid: row.standing.plainUid }] : [],
  )
}

/** Services that are deployed wherever nobody says otherwise, in the table's order. */
export function deployedServices(table: ServiceTable): BuiltService[] {
  return builtServices(table).filter(({ isOptional }) => isOptional !== true)
}

/** Services of the pod of the agent (without `pod`), or of a pod of their own, in the table's order. */
export function servicesOfPod(table: ServiceTable, pod?: string): BuiltService[] {
  return builtServices(table).filter((service) => service.pod === pod)
}

/** A service that is planned, and how a configuration that asks for it is told that it is missing. */
export interface PlannedService extends ServiceRow {
  readonly name: string
  readonly what: string
  readonly reason: string
}

/** Services that a configuration may ask for and that are not part of this version. */
export function plannedServices(table: ServiceTable): PlannedService[] {
  return Object.entries(table).flatMap(([name, row]) => {
    const { standing } = row
    return standing.built ? [] : [{ ...row, name, what: standing.what, reason: standing.reason }]
  })
}
