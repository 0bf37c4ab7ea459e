/**
 * All monitors of this node: those that the configuration implies, those it names, and those whose socket appears. Each
 * has a link of its own; one that hangs or floods holds up nobody else.
 */
import { dirname } from 'node:path'
import type { Clock } from '#clock'
import type { Host } from '#host'
import { DETECTOR, type PersonsWord } from '#model'
import type { CheckResponse } from '#proto/nodedoctor/v1/monitor.ts'
import { deniedWords, probeSocket } from '#rpc'
import type { Logger } from '#service'
import type { Engine } from '../engine.ts'
import type { OpenChannel } from './channel.ts'
import { discover, type FoundSocket, type RefusedSocket, socketsAt } from './discovery.ts'
import { MonitorPresentError } from './errors.ts'
import { createMonitorLink, type MonitorLink } from './link.ts'
import { type Looked, type Looking, startLooking } from './looking.ts'
import { diffMembers, type Heard, plansOf } from './members.ts'
import { missingParts, partsFound } from './missing.ts'
import { ownershipOf } from './ownership.ts'
import { createRefusals, type Refusals } from './refusals.ts'
import { whyNoRoom } from './room.ts'
import { SILENT_AFTER_MS } from './session.ts'
import type { MemberPlan, Wanted } from './wanted.ts'

/** A socket that nobody listened on is tried again after this, the first time: it may have been made a moment before. */
const DEAD_FIRST_MS = 1000
/** And then as often. */
const DEAD_MS = 10_000
/** What may change without a word of the kernel: who may open a socket, whether its monitor is lost. */
const LOOK_MS = 1000

export interface FleetOptions {
  readonly engine: Engine
  readonly open: OpenChannel
  readonly log: Logger
  readonly clock: Clock
  /** Of this process's own folders. */
  readonly files: Pick<Host['files'], 'watch'>
  /** How long a monitor may listen and say nothing. Default {@link SILENT_AFTER_MS}. */
  readonly silentAfterMs?: number
  /** Waits while much of a monitor is on its way to the bus, at most so long. Default: nobody waits. */
  readonly room?: (monitor: string, mostMs: number) => Promise<void> | undefined
}

export interface Fleet {
  /**
   * Makes the fleet what a configuration asks for, at the start and while it runs: who is not asked for any more is taken out
   * with all that it said, who is new is asked, who is asked otherwise is asked anew, and whoever stays notices nothing. Types
   * belong to whom they then belong, and what is missing is told. One call after the other; resolves when it is so.
   */
  reconcile(wanted: Wanted): Promise<void>
  names(): readonly string[]
  /** Hands a person's word down to every monitor that streams. */
  clear(word: PersonsWord): void
  /**
   * Ends what is known of a monitor that is gone; undefined when none is known by that name.
   * @throws MonitorPresentError while it answers, somebody listens on its socket or may, or the configuration names it
   */
  forget(name: string): Promise<void> | undefined
  check(monitor: string, check: string, timeoutMs: number): Promise<CheckResponse> | undefined
  stop(): Promise<void>
}

/** A socket that nobody listened on. */
interface Dead {
  readonly untilMs: number
  readonly tries: number
}

interface Member {
  plan: MemberPlan
  readonly link: MonitorLink
  readonly stop: AbortController
  readonly ended: Promise<void>
  /** Since when it is gone, on the monotonic clock; before this life where an earlier one saw it go. */
  goneSinceMs: number | undefined
}

export function createFleet(options: FleetOptions): Fleet {
  const { engine, log, clock, files } = options
  const { monotonicMs } = clock
  const members = new Map<string, Member>()
  let looking: Looking | undefined
  let reconciled: Promise<void> = Promise.resolve()
  let isStopped = false
  /** Sockets that nobody listened on, how often, and until when that is taken for so. */
  let dead = new Map<string, Dead>()
  /** The next look, at the latest. */
  let nextMs = Number.POSITIVE_INFINITY
  let refusals: Refusals | undefined

  function add(plan: MemberPlan, { isKnown }: Wanted): void {
    const { known, poll, limits } = plan
    const link = createMonitorLink({
      known,
      engine,
      open: options.open,
      log,
      clock,
      monotonicMs,
      onGone: () => looking?.news(),
      ...limits,
      silentAfterMs: options.silentAfterMs ?? SILENT_AFTER_MS,
      isKnown,
      poll,
      room: options.room ?? (() => undefined),
    })
    const stop = new AbortController()
    log.info('monitor is known', { monitor: known.name, origin: known.origin, socket: known.socket })
    members.set(known.name, { plan, link, stop, ended: link.run(stop.signal), goneSinceMs: undefined })
  }

  async function end(name: string, member: Member): Promise<void> {
    // Another may have its name by now.
    if (members.get(name) === member) members.delete(name)
    member.stop.abort()
    await member.ended
  }

  async function forget(name: string, member: Member): Promise<void> {
    await end(name, member)
    if (!engine.state.monitors.has(name)) return
    engine.take({ kind: 'removed', monitor: name })
    log.info('monitor was forgotten: it is gone', { monitor: name })
  }

  /**
   * Why nobody can be asked there; "" when somebody listens. What was dead is tried again after a while; what may not be
   * opened at each look, which reaches nobody, so that the mode that is told is the one that kept us out.
   */
  async function whyDead(path: string, nowDead: Map<string, Dead>): Promise<string> {
    const nowMs = monotonicMs()
    const { untilMs, tries } = dead.get(path) ?? { untilMs: 0, tries: 0 }
    const isRest = untilMs > nowMs
    const found = isRest ? 'nobody' : await probeSocket(path)
    if (found === 'answered') return ''
    if (found === 'denied') {
      lookBy(nowMs + LOOK_MS)
      return `no permission to connect to it: ${deniedWords(path)}`
    }
    const next = isRest
      ? { untilMs, tries }
      : { untilMs: nowMs + (tries === 0 ? DEAD_FIRST_MS : DEAD_MS), tries: tries + 1 }
    nowDead.set(path, next)
    lookBy(next.untilMs)
    return 'nobody listens on it'
  }

  function lookBy(atMs: number): void {
    nextMs = Math.min(nextMs, atMs)
  }

  /** Whether a member has nothing but the name: nobody ever spoke there, or not for as long as one is remembered. */
  function isVacant({ plan, goneSinceMs }: Member, forgetAfterMs: number): boolean {
    const { name, expected } = plan.known
    if (!expected || plan.place === undefined) return false
    const wasHeard = (engine.state.monitors.get(name)?.protocol ?? '') !== ''
    return !wasHeard || (goneSinceMs !== undefined && monotonicMs() - goneSinceMs > forgetAfterMs)
  }

  /** Takes a socket as a monitor, or says why not; "" also when it is one already. */
  async function take(socket: FoundSocket, wanted: Wanted, nowDead: Map<string, Dead>): Promise<string> {
    const { name, path, rank } = socket
    const member = members.get(name)
    if (member?.plan.known.socket === path) return ''
    const whyNot = wanted.whyNot(socket)
    if (whyNot !== '') return whyNot
    // Of two sockets of one name the place decides, never who came first.
    const isBetter = member === undefined || rank < (member.plan.place?.rank ?? Number.NEGATIVE_INFINITY)
    if (!isBetter && !isVacant(member, wanted.config.detector.forgetAfterMs)) return `another monitor is named ${name}`
    const places = [...members.values()].flatMap(({ plan }) => plan.place ?? [])
    const isFull = member === undefined ? whyNoRoom(socket, places) : ''
    if (isFull !== '') return isFull
    const isDead = await whyDead(path, nowDead)
    if (isDead !== '') return isDead
    if (member !== undefined) await end(name, member)
    add(wanted.found(socket), wanted)
    return ''
  }

  /** How long an earlier life has known this monitor as gone. */
  function goneBeforeMs(name: string, mostMs: number): number {
    const state = engine.state.monitors.get(name)
    if (state?.health !== 'unreachable') return 0
    return Math.min(mostMs, Math.max(0, clock.now().getTime() - state.since.getTime()))
  }

  /** @throws MonitorPresentError while somebody listens on its socket, or may: the next look would find it again */
  async function forgetOnDemand(name: string, member: Member): Promise<void> {
    const { socket } = member.plan.known
    const found = await probeSocket(socket)
    if (found === 'answered') throw new MonitorPresentError(name, 'somebody listens on its socket; stop it first')
    if (found === 'denied') {
      const why = `somebody may listen on its socket, and there is no permission to ask: ${deniedWords(socket)}`
      throw new MonitorPresentError(name, why)
    }
    await forget(name, member)
  }

  async function forgetGone(present: ReadonlySet<string>, forgetAfterMs: number): Promise<void> {
    const nowMs = monotonicMs()
    for (const [name, member] of members) {
      const { link, plan } = member
      const { socket, expected } = plan.known
      if (plan.place === undefined) continue
      const isGone = !present.has(socket) || link.goneSinceMs() !== undefined
      if (!isGone) member.goneSinceMs = undefined
      else member.goneSinceMs ??= nowMs - goneBeforeMs(name, forgetAfterMs)
      if (member.goneSinceMs === undefined) continue
      const isOver = nowMs - member.goneSinceMs > forgetAfterMs
      // One that must be here is missed for as long as it takes.
      if (expected) {
        if (!isOver) lookBy(member.goneSinceMs + forgetAfterMs)
        continue
      }
      // One that never spoke leaves nothing behind.
      const isNobody = !engine.state.monitors.has(name)
      const isLost = engine.state.monitors.get(name)?.health === 'unreachable'
      const isDue = isNobody || (isLost && isOver)
      if (!isDue) lookBy(Math.max(member.goneSinceMs + forgetAfterMs, nowMs + LOOK_MS))
      // One that listens still, or may, would be found by the next look, and never be told.
      if (isDue && (await probeSocket(socket)) === 'nobody') await forget(name, member)
    }
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

  async function look(wanted: Wanted): Promise<Looked> {
    nextMs = Number.POSITIVE_INFINITY
    const found = await lookAround(wanted)
    const refused: RefusedSocket[] = [...found.refused]
    const nowDead = new Map<string, Dead>()
    for (const socket of found.sockets) {
      const why = await take(socket, wanted, nowDead)
      if (why !== '') refused.push({ path: socket.path, dir: socket.dir, why })
    }
    dead = nowDead
    tellRefused(refused)
    await forgetGone(new Set(found.sockets.map(({ path }) => path)), wanted.config.detector.forgetAfterMs)
    return { folders: found.folders, dueMs: nextMs }
  }

  function tellRefused(refused: readonly RefusedSocket[], nowMs = monotonicMs()): void {
    refusals ??= createRefusals(entitiesTold(engine, 'MonitorRefused'), monotonicMs())
    const { observations, withdrawn, dueMs } = refusals.look(refused, nowMs)
    lookBy(dueMs)
    if (observations.length === 0) return
    for (const { message, health } of observations)
      if (health === 'problem') log.warn('socket of a monitor is not taken', { reason: message })
    engine.observe(observations, withdrawn)
  }

  function lookFrom(wanted: Wanted): Looking | undefined {
    const { discovery, monitorDirs } = wanted.config.detector
    const onError = (err: unknown) => log.error('looking for monitors failed', { err })
    const dirs = [...new Set([...(discovery ? monitorDirs : []), ...wanted.ownSockets.map(dirname)])]
    if (dirs.length > 0) return startLooking({ clock, files, dirs, look: () => look(wanted), onError })
    tellRefused([], Number.POSITIVE_INFINITY)
    return undefined
  }

  /** Who stands in the store, and who is a member: where that is now is where it is. */
  function heard(): readonly Heard[] {
    const stored = [...engine.state.monitors.values()].filter(({ name }) => !members.has(name))
    return [...stored, ...[...members.values()].map(({ plan }) => plan.known)]
  }

  async function endAll(names: readonly string[]): Promise<void> {
    const ending = names.flatMap((name) => members.get(name) ?? [])
    await Promise.all(ending.map((member) => end(member.plan.known.name, member)))
  }

  /** Takes out who is a part of no plan, from what the store knows too. */
  function remove(plans: ReadonlyMap<string, MemberPlan>): void {
    for (const name of [...engine.state.monitors.keys()]) {
      if (name === DETECTOR || plans.has(name)) continue
      engine.take({ kind: 'removed', monitor: name })
      log.info('monitor was taken out: nothing here asks for it', { monitor: name })
    }
  }

  function tellMissing({ missing }: Wanted['config']): void {
    const told = entitiesTold(engine, 'MonitorMissing')
    const now = clock.now()
    const observations = [...missingParts(missing, now), ...partsFound(told, missing, now)]
    if (observations.length > 0) engine.observe(observations)
  }

  async function become(wanted: Wanted): Promise<void> {
    await looking?.stop()
    looking = undefined
    if (isStopped) return
    const now = new Map([...members].map(([name, { plan }]) => [name, plan]))
    const plans = plansOf(wanted, heard())
    const { gone, changed, added, kept } = diffMembers(now, plans)
    await endAll([...gone, ...changed.map(({ known }) => known.name)])
    remove(plans)
    engine.own(ownershipOf(wanted.config))
    tellMissing(wanted.config)
    for (const plan of kept) replan(plan)
    for (const plan of [...changed, ...added]) add(plan, wanted)
    looking = lookFrom(wanted)
  }

  /** Its place may count otherwise among others; it notices nothing. */
  function replan(plan: MemberPlan): void {
    const member = members.get(plan.known.name)
    if (member !== undefined) member.plan = plan
  }

  return {
    reconcile(wanted) {
      const done = reconciled.then(() => become(wanted))
      // What went wrong is for the caller; the next one begins anew.
      reconciled = done.catch(() => undefined)
      return done
    },
    names: () => [...members.keys()].sort(),
    clear(word) {
      for (const { link } of members.values()) link.clear(word)
    },
    forget(name) {
      const member = members.get(name)
      const state = engine.state.monitors.get(name)
      if (name === DETECTOR) {
        const why = 'it is the detector itself, which cannot forget what it says of this node'
        return Promise.reject(new MonitorPresentError(name, why))
      }
      if (state === undefined) return undefined
      if (member !== undefined && (member.plan.place === undefined || member.plan.known.expected))
        return Promise.reject(new MonitorPresentError(name, 'the configuration names it; take it out there'))
      if (member !== undefined && state.health === 'alive')
        return Promise.reject(new MonitorPresentError(name, 'it answers; stop it first'))
      if (member !== undefined) return forgetOnDemand(name, member)
      engine.take({ kind: 'removed', monitor: name })
      return Promise.resolve()
    },
    check: (monitor, check, timeoutMs) => members.get(monitor)?.link.check(check, timeoutMs),
    async stop() {
      isStopped = true
      await reconciled
      await looking?.stop()
      await endAll([...members.keys()])
    },
  }
}

/** Entities that this type of the detector's own was told of; after a reboot its problem alone is known. */
function entitiesTold({ state }: Engine, type: string): string[] {
  const all = [...state.conditions.values(), ...state.problems.values()]
  return all.filter((one) => one.type === type).map(({ entity }) => entity)
}
