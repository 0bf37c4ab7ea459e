/** Who is to be in the fleet, and what that changes of who is. Pure. */
import { DETECTOR, type MonitorState } from '#model'
import type { MemberPlan, Wanted } from './wanted.ts'

/** A monitor that is a member, or that an earlier life has known, and where it was. */
export type Heard = Pick<MonitorState, 'name' | 'socket' | 'origin'> & Partial<Pick<MonitorState, 'protocol'>>

/** Whether he stood where a monitor of ours may, as a plug-in of others: ours never spoke the older protocol. */
export function wasAnother({ known }: MemberPlan, { protocol = '' }: Heard): boolean {
  return known.isByWord === true && protocol === 'npd.external.v1'
}

/** Where somebody was heard whose place is his to keep, as this configuration has him; undefined: nowhere. */
function keptPlan(wanted: Wanted, { name, socket, origin }: Heard): MemberPlan | undefined {
  const place = wanted.placeAt(socket)
  if (place?.name !== name || wanted.skip.has(socket) || wanted.whyNot(place) !== '') return undefined
  const isMovable = wanted.isMovable(name)
  const isHome = isMovable && wanted.ownSockets.includes(socket)
  if (!isHome && !wanted.config.detector.discovery) return undefined
  if (!isMovable && (origin !== 'discovered' || wanted.members.has(name))) return undefined
  return wanted.found({ ...place, path: socket })
}

/** Every monitor that the fleet is to have: who is asked in any case, and who was found and may stay where it is. */
export function plansOf(wanted: Wanted, heard: Iterable<Heard>): ReadonlyMap<string, MemberPlan> {
  const plans = new Map(wanted.members)
  for (const one of heard) {
    const plan = one.name === DETECTOR ? undefined : keptPlan(wanted, one)
    if (plan !== undefined && !wasAnother(plan, one)) plans.set(one.name, plan)
  }
  return plans
}

/** What makes one fleet another. Nobody stands in two of these. */
export interface Difference {
  readonly gone: readonly string[]
  /** Asked elsewhere or otherwise from now on; what is known of them stays. */
  readonly changed: readonly MemberPlan[]
  readonly added: readonly MemberPlan[]
  readonly kept: readonly MemberPlan[]
}

/** Whether the same is asked of the same socket: its place counts only among those who want one name. */
function asksTheSame(one: MemberPlan, other: MemberPlan): boolean {
  const asked = ({ known, poll, limits }: MemberPlan) => JSON.stringify([known, poll, limits])
  return asked(one) === asked(other)
}

/** How the fleet `now` becomes the fleet `next`, by name. */
export function diffMembers(now: ReadonlyMap<string, MemberPlan>, next: ReadonlyMap<string, MemberPlan>): Difference {
  const changed: MemberPlan[] = []
  const added: MemberPlan[] = []
  const kept: MemberPlan[] = []
  for (const [name, plan] of next) {
    const before = now.get(name)
    if (before === undefined) added.push(plan)
    else (asksTheSame(before, plan) ? kept : changed).push(plan)
  }
  return { gone: [...now.keys()].filter((name) => !next.has(name)), changed, added, kept }
}
