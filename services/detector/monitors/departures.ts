/** Members that went: since when, whose name is free again, and who is forgotten. */
import type { Clock } from '#clock'
import { DETECTOR } from '#model'
import { deniedWords, probeSocket } from '#rpc'
import type { Engine } from '../engine-types.ts'
import { judgeAbsence } from './absence.ts'
import { MonitorPresentError } from './errors.ts'
import type { Member, Roster } from './roster.ts'

export interface DeparturesOptions {
  readonly engine: Engine
  readonly clock: Clock
  readonly roster: Roster
}

export interface Departures {
  /** Forgets who is gone for long, by the sockets that are there. Returns when to look again, on the monotonic clock. */
  look(present: ReadonlySet<string>, forgetAfterMs: number): Promise<number>
  /** Whether a monitor that may stand elsewhere has nothing but its name here: nobody listens for so long, or nobody that is missed ever spoke. */
  isVacant(member: Member, awayMs: number): boolean
  /**
   * Ends at once what is known of a monitor that is gone; undefined when none is known by that name.
   * @throws MonitorPresentError while it answers, somebody listens on its socket or may, or the configuration names it
   */
  forget(name: string): Promise<void> | undefined
}

/** When a name of ours is free for where that monitor may stand besides; `Number.POSITIVE_INFINITY`: it is already, or never. */
function freeAtMs({ plan }: Member, sinceMs: number, nowMs: number): number {
  const atMs = sinceMs + plan.limits.lostAfterMs
  return plan.known.isByWord === true && atMs >= nowMs ? atMs + 1 : Number.POSITIVE_INFINITY
}

/** Whether it is expected, wherever it stands: what it said may be forgotten, and it is missed on. */
function isMissedOn(member: Member | undefined): member is Member {
  return member?.plan.known.expected === true && member.plan.known.isByWord === true
}

/** Why a member, or a name that the store knows, may not be forgotten now; "" when it may. */
function whyPresent(name: string, member: Member | undefined, isAlive: boolean): string {
  if (name === DETECTOR) return 'it is the detector itself, which cannot forget what it says of this node'
  if (member === undefined) return ''
  if (member.plan.place === undefined || (member.plan.known.expected && !isMissedOn(member)))
    return 'the configuration names it; take it out there'
  return isAlive ? 'it answers; stop it first' : ''
}

/** Why it may not be forgotten by its socket, "" when nobody is there: the next look would find it again. */
async function whyListens(socket: string): Promise<string> {
  const found = await probeSocket(socket)
  if (found === 'answered') return 'somebody listens on its socket; stop it first'
  if (found === 'denied')
    return `somebody may listen on its socket, and there is no permission to ask: ${deniedWords(socket)}`
  return ''
}

export function createDepartures({ engine, clock, roster }: DeparturesOptions): Departures {
  const { monotonicMs } = clock

  /** How long an earlier life has known this monitor as gone. */
  function goneBeforeMs(name: string, mostMs: number): number {
    const state = engine.state.monitors.get(name)
    if (state?.health !== 'unreachable') return 0
    return Math.min(mostMs, Math.max(0, clock.now().getTime() - state.since.getTime()))
  }

  /** Keeps since when it is gone; undefined while it is not. */
  function goneSinceMs(member: Member, isThere: boolean, forgetAfterMs: number): number | undefined {
    const isGone = !isThere || member.link.goneSinceMs() !== undefined
    if (!isGone) member.goneSinceMs = undefined
    else member.goneSinceMs ??= monotonicMs() - goneBeforeMs(member.plan.known.name, forgetAfterMs)
    return member.goneSinceMs
  }

  /** Whether it is one of ours without a word of this node, as where there is nothing that it watches. */
  function isIdle({ plan: { known } }: Member): boolean {
    if (known.isByWord !== true) return false
    const types = engine.state.monitors.get(known.name)?.conditionTypes ?? []
    return types.length === 0 && ![...engine.state.sources.values()].some(({ monitor }) => monitor === known.name)
  }

  async function forgetUnheard(name: string, member: Member): Promise<void> {
    // Somebody else who listens there is not found as this one.
    const why = member.link.isAnother() ? '' : await whyListens(member.plan.known.socket)
    if (why !== '') throw new MonitorPresentError(name, why)
    if (isMissedOn(member)) engine.take({ kind: 'removed', monitor: name })
    else await roster.forget(member)
  }

  return {
    async look(present, forgetAfterMs) {
      const nowMs = monotonicMs()
      let nextMs = Number.POSITIVE_INFINITY
      for (const member of roster.all()) {
        const { known, place } = member.plan
        // It was ended while another was tried.
        if (roster.get(known.name) !== member) continue
        const sinceMs = place && goneSinceMs(member, present.has(known.socket), forgetAfterMs)
        if (sinceMs === undefined) continue
        const health = engine.state.monitors.get(known.name)?.health
        const absence = { goneSinceMs: sinceMs, expected: known.expected, health, isIdle: isIdle(member) }
        const { isForgotten, dueMs } = judgeAbsence(absence, nowMs, forgetAfterMs)
        nextMs = Math.min(nextMs, dueMs, freeAtMs(member, sinceMs, nowMs))
        // One that listens still, or may, would be found by the next look, and never be told; of who is not ours it is told there.
        if (isForgotten && (member.link.isAnother() || (await whyListens(known.socket)) === ''))
          await roster.forget(member)
      }
      return nextMs
    },
    isVacant({ plan, goneSinceMs: sinceMs }, awayMs) {
      const { name, expected, isByWord = false } = plan.known
      if (!isByWord) return false
      const wasHeard = (engine.state.monitors.get(name)?.protocol ?? '') !== ''
      return (expected && !wasHeard) || (sinceMs !== undefined && monotonicMs() - sinceMs > awayMs)
    },
    forget(name) {
      const member = roster.get(name)
      const state = engine.state.monitors.get(name)
      if (state === undefined && name !== DETECTOR) return undefined
      const why = whyPresent(name, member, state?.health === 'alive')
      if (why !== '') return Promise.reject(new MonitorPresentError(name, why))
      if (member !== undefined) return forgetUnheard(name, member)
      engine.take({ kind: 'removed', monitor: name })
      return Promise.resolve()
    },
  }
}
