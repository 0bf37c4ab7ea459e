/**
 * The search for monitors by their sockets: one look through the folders takes who may be taken, tells what is not, and forgets
 * who is gone.
 */
import type { Clock } from '#clock'
import { deniedMend, deniedWords, probeSocket } from '#rpc'
import type { Logger } from '#service'
import type { Engine } from '../engine-types.ts'
import type { OpenChannel } from './channel.ts'
import { type Claim, claimAsOurs, GRANTED, refusedFor, whyNoClaim } from './claim.ts'
import { createDeadSockets } from './dead.ts'
import type { Departures } from './departures.ts'
import { discover, type FoundSocket, type RefusedSocket, socketsAt } from './discovery.ts'
import type { Looked } from './looking.ts'
import { createRefusals, type Refusals } from './refusals.ts'
import type { Roster } from './roster.ts'
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
  const { clock, roster, departures } = options
  const trials = createTrials(clock.monotonicMs)
  const tellRefused = createRefusalTeller(options)

  /** Takes a socket as a monitor, or says why not; it may be one already. */
  async function claim(socket: FoundSocket, wanted: Wanted): Promise<Claim> {
    const { name, path } = socket
    if (roster.get(name)?.plan.known.socket === path) return GRANTED
    const whyNot = whyNoClaim(socket, wanted, options)
    if (whyNot !== '') return refusedFor(whyNot)
    const tried = await trials.tried(path)
    if (tried.why !== '') return tried
    const ours = await claimAsOurs(socket, wanted, options)
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
