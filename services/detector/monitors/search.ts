/**
 * The search for monitors by their sockets: one look through the folders takes who may be taken, tells what is not, and forgets
 * who is gone.
 */
import type { Clock } from '#clock'
import { deniedMend, deniedWords, probeSocket } from '#rpc'
import type { Logger } from '#service'
import type { Engine } from '../engine-types.ts'
import type { OpenChannel } from './channel.ts'
import { createDeadSockets } from './dead.ts'
import type { Departures } from './departures.ts'
import { discover, type FoundSocket, type RefusedSocket, socketsAt } from './discovery.ts'
import { askWho } from './identity.ts'
import type { Looked } from './looking.ts'
import { createRefusals, type Refusals } from './refusals.ts'
import { whyNoRoom } from './room.ts'
import type { Roster } from './roster.ts'
import { whyNotOurs } from './stranger.ts'
import { entitiesTold } from './told.ts'
import type { Wanted } from './wanted.ts'

/** Who may open a socket changes without a word of the kernel. */
const LOOK_MS = 1000
export interface SearchOptions {
  readonly engine: Engine
  readonly clock: Clock
  readonly log: Logger
  readonly roster: Roster
  readonly departures: Departures
  readonly open: OpenChannel
}

export interface Search {
  /** Looks once, for what this configuration wants. */
  look(wanted: Wanted): Promise<Looked>
  /** Nothing is looked for: what was refused is not any more. */
  nothing(): void
}

/** Why a socket is not taken, and when that may change by itself. */
interface Claim {
  /** "" when it may be, or is. */
  readonly why: string
  /** `Number.POSITIVE_INFINITY`: not by itself. */
  readonly dueMs: number
}

const GRANTED: Claim = { why: '', dueMs: Number.POSITIVE_INFINITY }

function refusedFor(why: string, dueMs = Number.POSITIVE_INFINITY): Claim {
  return { why, dueMs }
}

/** What stands in the configured folders, and at own sockets of ours outside of them; who has the first claim stands first. */
async function lookAround({ config, ownSockets, skip, placeAt }: Wanted) {
  const { monitorDirs, discovery } = config.detector
  const { sockets, ...more } = await discover(discovery ? monitorDirs : [], skip)
  const paths = new Set([...sockets.map(({ path }) => path), ...(await socketsAt(ownSockets))])
  const placed = [...paths].flatMap((path): FoundSocket[] => {
    const place = placeAt(path)
    return place === undefined ? [] : [{ ...place, path }]
  })
  return { ...more, sockets: placed.toSorted((a, b) => a.rank - b.rank) }
}

/** Sockets that are tried, each as often as it is worth. */
function createTrials(monotonicMs: () => number) {
  const dead = createDeadSockets()
  return {
    looked: dead.looked,
    /**
     * Whether somebody listens. What was dead is tried again after a while; what may not be opened at each look, which
     * reaches nobody, so that the mode that is told is the one that kept us out.
     */
    async tried(path: string): Promise<Claim> {
      const nowMs = monotonicMs()
      const found = dead.rests(path, nowMs) ? 'nobody' : await probeSocket(path)
      if (found === 'answered') return GRANTED
      if (found === 'nobody') return { why: 'nobody listens on it', dueMs: dead.found(path, nowMs) }
      const mend = deniedMend(path)
      const why = `no permission to connect to it: ${deniedWords(path)}${mend === '' ? '' : `; ${mend}`}`
      return { why, dueMs: nowMs + LOOK_MS }
    },
  }
}

/** Tells what was not taken; returns when there may be more to say, on the monotonic clock. */
function createRefusalTeller({ engine, clock, log }: SearchOptions) {
  let refusals: Refusals | undefined
  return (refused: readonly RefusedSocket[], atMs: number): number => {
    refusals ??= createRefusals(entitiesTold(engine, 'MonitorRefused'), clock.monotonicMs())
    const { observations, withdrawn, dueMs } = refusals.look(refused, atMs)
    for (const { message, health } of observations)
      if (health === 'problem') log.warn('socket of a monitor is not taken', { reason: message })
    if (observations.length > 0) engine.observe(observations, withdrawn)
    return dueMs
  }
}

export function createSearch(options: SearchOptions): Search {
  const { clock, roster, departures, open } = options
  const trials = createTrials(clock.monotonicMs)
  const tellRefused = createRefusalTeller(options)

  /** Why it has no claim to its name by its place alone; "" when it may be tried. */
  function whyNoClaim(socket: FoundSocket, wanted: Wanted): string {
    const { name, rank } = socket
    const whyNot = wanted.whyNot(socket)
    if (whyNot !== '') return whyNot
    const member = roster.get(name)
    if (member === undefined) {
      const places = roster.all().flatMap(({ plan }) => plan.place ?? [])
      return whyNoRoom(socket, places)
    }
    // Of two sockets of one name the place decides, never who came first.
    const isBetter = rank < (member.plan.place?.rank ?? Number.NEGATIVE_INFINITY)
    const isFree = isBetter || departures.isVacant(member, member.plan.limits.lostAfterMs)
    return isFree ? '' : `another monitor is named ${name}`
  }

  /** Whether somebody of that name is here, or is remembered and may come back. */
  function isRemembered(name: string, wanted: Wanted): boolean {
    const member = roster.get(name)
    return member !== undefined && !departures.isVacant(member, wanted.config.detector.forgetAfterMs)
  }

  /** Asks who listens where a monitor of ours may stand whether he is that one. */
  async function claimAsOurs(socket: FoundSocket, wanted: Wanted): Promise<Claim> {
    const { known } = wanted.found(socket)
    if (known.isByWord !== true) return GRANTED
    const refused = whyNotOurs(known, await askWho(known, open), isRemembered(known.name, wanted))
    return refused === undefined ? GRANTED : refusedFor(refused.why, clock.monotonicMs() + refused.afterMs)
  }

  /** Takes a socket as a monitor, or says why not; it may be one already. */
  async function claim(socket: FoundSocket, wanted: Wanted): Promise<Claim> {
    const { name, path } = socket
    if (roster.get(name)?.plan.known.socket === path) return GRANTED
    const whyNot = whyNoClaim(socket, wanted)
    if (whyNot !== '') return refusedFor(whyNot)
    const tried = await trials.tried(path)
    if (tried.why !== '') return tried
    const ours = await claimAsOurs(socket, wanted)
    if (ours.why !== '') return ours
    const member = roster.get(name)
    if (member !== undefined) await roster.end(member)
    roster.add(wanted.found(socket))
    return GRANTED
  }

  return {
    async look(wanted) {
      const found = await lookAround(wanted)
      const refused: RefusedSocket[] = [...found.refused]
      const dues: number[] = []
      for (const socket of found.sockets) {
        const { why, dueMs } = await claim(socket, wanted)
        dues.push(dueMs)
        if (why !== '') refused.push({ path: socket.path, dir: socket.dir, why })
      }
      trials.looked()
      dues.push(tellRefused(refused, clock.monotonicMs()))
      const present = new Set(found.sockets.map(({ path }) => path))
      dues.push(await departures.look(present, wanted.config.detector.forgetAfterMs))
      return { folders: found.folders, dueMs: Math.min(...dues) }
    },
    nothing() {
      tellRefused([], Number.POSITIVE_INFINITY)
    },
  }
}
