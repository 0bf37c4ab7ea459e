/** The monitors of a fleet, by name: each has a link of its own from when it is known until that has ended. */
import type { Clock } from '#clock'
import type { Logger } from '#service'
import type { Engine } from '../engine-types.ts'
import type { OpenChannel } from './channel.ts'
import { createMonitorLink, type MonitorLink } from './link.ts'
import { SILENT_AFTER_MS } from './session.ts'
import type { MemberPlan, Wanted } from './wanted.ts'

export interface RosterOptions {
  readonly engine: Engine
  readonly open: OpenChannel
  readonly log: Logger
  readonly clock: Clock
  /** How long a monitor may listen and say nothing. Default {@link SILENT_AFTER_MS}. */
  readonly silentAfterMs?: number
  /** Waits while much of a monitor is on its way to the bus, at most so long. Default: nobody waits. */
  readonly room?: (monitor: string, mostMs: number) => Promise<void> | undefined
}

/** One monitor of the fleet. */
export interface Member {
  plan: MemberPlan
  readonly link: MonitorLink
  /** Since when it is gone, on the monotonic clock; before this life where an earlier one saw it go. Undefined while it is not. */
  goneSinceMs: number | undefined
  /** Asks it no more; resolves when its link has ended. */
  end(): Promise<void>
}

export interface Roster {
  get(name: string): Member | undefined
  all(): readonly Member[]
  /** Begins to ask it. */
  add(plan: MemberPlan): void
  /** Whom others may depend on from now on: who has said on whom is judged anew. */
  know(isKnown: Wanted['isKnown']): void
  /** Its place may count otherwise among others; it notices nothing. */
  replan(plan: MemberPlan): void
  /** Asks it no more, and resolves when its link has ended; what it said stands. */
  end(member: Member): Promise<void>
  /** Ends it with all that it said. */
  forget(member: Member): Promise<void>
}

/** @param onGone nobody listens on the socket of a member any more */
export function createRoster(options: RosterOptions, onGone: () => void): Roster {
  const { engine, open, log, clock, silentAfterMs = SILENT_AFTER_MS, room = () => undefined } = options
  const members = new Map<string, Member>()
  /** Questions that were asked, by name: a plug-in that is asked otherwise or elsewhere is still the one it was. */
  const asked = new Map<string, number>()
  let isKnown: Wanted['isKnown'] = () => false

  function nextSequence(name: string): number {
    const sequence = (asked.get(name) ?? 0) + 1
    asked.set(name, sequence)
    return sequence
  }

  async function end(member: Member): Promise<void> {
    const { name } = member.plan.known
    // Another may have its name by now.
    if (members.get(name) === member) members.delete(name)
    await member.end()
  }

  return {
    get: (name) => members.get(name),
    all: () => [...members.values()],
    add(plan) {
      const { known, poll, limits } = plan
      const link = createMonitorLink({
        ...{ known, engine, open, log, clock, poll, ...limits },
        ...{ silentAfterMs, room, onGone, isKnown: (name) => isKnown(name) },
        nextSequence: () => nextSequence(known.name),
      })
      const stop = new AbortController()
      log.info('monitor is known', { monitor: known.name, origin: known.origin, socket: known.socket })
      const ended = link.run(stop.signal)
      members.set(known.name, {
        plan,
        link,
        goneSinceMs: undefined,
        end() {
          stop.abort()
          return ended
        },
      })
    },
    know(next) {
      isKnown = next
      for (const { link } of members.values()) link.knownChanged()
    },
    replan(plan) {
      const member = members.get(plan.known.name)
      if (member !== undefined) member.plan = plan
    },
    end,
    async forget(member) {
      const { name } = member.plan.known
      await end(member)
      // While it ended, one of that name may have come back: its state is not this one's to take away.
      if (members.has(name)) return
      asked.delete(name)
      if (!engine.state.monitors.has(name)) return
      engine.take({ kind: 'removed', monitor: name })
      log.info('monitor was forgotten: it is gone', { monitor: name })
    },
  }
}
