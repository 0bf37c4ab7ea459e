/**
 * All monitors of this node: those that the configuration implies, those it names, and those whose socket appears. Each
 * has a link of its own; one that hangs or floods holds up nobody else.
 */
import { join } from 'node:path'
import type { Clock } from '#clock'
import type { NodeDoctorConfig } from '#config'
import type { Host } from '#host'
import { DETECTOR, type PersonsWord } from '#model'
import type { CheckResponse } from '#proto/nodedoctor/v1/monitor.ts'
import { deniedWords, probeSocket } from '#rpc'
import type { Logger } from '#service'
import type { Engine } from '../engine.ts'
import type { OpenChannel } from './channel.ts'
import type { KnownMonitor } from './declare.ts'
import { discover, type FoundSocket, type Place, placeOf, type RefusedSocket } from './discovery.ts'
import { MonitorPresentError } from './errors.ts'
import { createMonitorLink, type MonitorLink } from './link.ts'
import { type Looked, type Looking, startLooking } from './looking.ts'
import { knownNames, whyReserved } from './names.ts'
import { createRefusals } from './refusals.ts'
import { whyNoRoom } from './room.ts'
import { type PollOptions, SILENT_AFTER_MS } from './session.ts'

/** A socket that nobody listened on is tried again after this, the first time: it may have been made a moment before. */
const DEAD_FIRST_MS = 1000
/** And then as often. */
const DEAD_MS = 10_000
/** What may change without a word of the kernel: who may open a socket, whether its monitor is lost. */
const LOOK_MS = 1000

const DEFAULT_POLL: PollOptions = { intervalMs: 30_000, timeoutMs: 10_000, parameters: {} }

export interface FleetOptions {
  readonly config: NodeDoctorConfig
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
  start(): void
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
  readonly link: MonitorLink
  readonly stop: AbortController
  readonly ended: Promise<void>
  /** Where it was found; undefined for one that the configuration names or implies. */
  readonly place: Place | undefined
  /** Since when it is gone, on the monotonic clock; before this life where an earlier one saw it go. */
  goneSinceMs: number | undefined
}

/** Our own monitors that must be here, at the sockets where they listen: they have a check for every machine, or are expected. */
export function builtInMonitors(config: NodeDoctorConfig): KnownMonitor[] {
  const ours = new Set(config.catalog.map(({ monitor }) => monitor))
  const always = config.monitors.filter(({ enabled, monitor, when }) => enabled && monitor !== '' && when === 'always')
  const expected = config.detector.expect.filter((name) => ours.has(name))
  const names = new Set([...always.map(({ monitor }) => monitor), ...expected])
  return [...names].sort().map((name) => ({
    name,
    origin: 'built-in',
    socket: ownSocket(config, name),
    conditions: [],
  }))
}

function ownSocket(config: NodeDoctorConfig, name: string): string {
  return join(config.settings.runDir, 'monitors', name, `${name}.sock`)
}

/** Sockets that are no find: of our own monitors, asked for here or not, and of configured plug-ins. */
function ownSockets(config: NodeDoctorConfig): ReadonlySet<string> {
  return new Set([
    ...config.catalog.map(({ monitor }) => ownSocket(config, monitor)),
    ...config.plugins.map(({ socketPath }) => socketPath),
  ])
}

export function createFleet(options: FleetOptions): Fleet {
  const { config, engine, log, clock, files } = options
  const { monotonicMs } = clock
  const { monitorDirs, forgetAfterMs, lostAfterMs } = config.detector
  const members = new Map<string, Member>()
  const reserved = whyReserved(config)
  const isKnown = knownNames(config)
  const skip = ownSockets(config)
  let looking: Looking | undefined
  /** Sockets that nobody listened on, how often, and until when that is taken for so. */
  let dead = new Map<string, Dead>()
  /** The next look, at the latest. */
  let nextMs = Number.POSITIVE_INFINITY
  let refusals = createRefusals([], monotonicMs())

  function add(known: KnownMonitor, poll: PollOptions, place?: Place): void {
    const link = createMonitorLink({
      known,
      engine,
      open: options.open,
      log,
      clock,
      monotonicMs,
      onGone: () => looking?.news(),
      reportsPerSecond: config.detector.limits.reportsPerSecond,
      messageBytes: config.detector.limits.messageBytes,
      lostAfterMs,
      silentAfterMs: options.silentAfterMs ?? SILENT_AFTER_MS,
      isKnown,
      poll,
      room: options.room ?? (() => undefined),
    })
    const stop = new AbortController()
    log.info('monitor is known', { monitor: known.name, origin: known.origin, socket: known.socket })
    members.set(known.name, { link, stop, ended: link.run(stop.signal), place, goneSinceMs: undefined })
  }

  function addFound(socket: FoundSocket): void {
    add({ name: socket.name, origin: 'discovered', socket: socket.path, conditions: [] }, DEFAULT_POLL, socket)
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

  /** Takes a socket as a monitor, or says why not; "" also when it is one already. */
  async function take(socket: FoundSocket, nowDead: Map<string, Dead>): Promise<string> {
    const { name, path, rank } = socket
    const member = members.get(name)
    if (member?.link.known.socket === path) return ''
    const isOurs = reserved(name)
    if (isOurs !== '') return isOurs
    // Of two sockets of one name the place decides, never who came first.
    if (member !== undefined && rank >= (member.place?.rank ?? -1)) return `another monitor is named ${name}`
    const places = [...members.values()].flatMap(({ place }) => place ?? [])
    const isFull = member === undefined ? whyNoRoom(socket, places) : ''
    if (isFull !== '') return isFull
    const isDead = await whyDead(path, nowDead)
    if (isDead !== '') return isDead
    if (member !== undefined) await end(name, member)
    addFound(socket)
    return ''
  }

  /** How long an earlier life has known this monitor as gone. */
  function goneBeforeMs(name: string): number {
    const state = engine.state.monitors.get(name)
    if (state?.health !== 'unreachable') return 0
    return Math.min(forgetAfterMs, Math.max(0, clock.now().getTime() - state.since.getTime()))
  }

  /** @throws MonitorPresentError while somebody listens on its socket, or may: the next look would find it again */
  async function forgetOnDemand(name: string, member: Member): Promise<void> {
    const { socket } = member.link.known
    const found = await probeSocket(socket)
    if (found === 'answered') throw new MonitorPresentError(name, 'somebody listens on its socket; stop it first')
    if (found === 'denied') {
      const why = `somebody may listen on its socket, and there is no permission to ask: ${deniedWords(socket)}`
      throw new MonitorPresentError(name, why)
    }
    await forget(name, member)
  }

  async function forgetGone(present: ReadonlySet<string>): Promise<void> {
    const nowMs = monotonicMs()
    for (const [name, member] of members) {
      const { link, place } = member
      if (place === undefined) continue
      const isGone = !present.has(link.known.socket) || link.goneSinceMs() !== undefined
      if (!isGone) member.goneSinceMs = undefined
      else member.goneSinceMs ??= nowMs - goneBeforeMs(name)
      if (member.goneSinceMs === undefined) continue
      // One that never spoke leaves nothing behind.
      const isNobody = !engine.state.monitors.has(name)
      const isLost = engine.state.monitors.get(name)?.health === 'unreachable'
      const isDue = isNobody || (isLost && nowMs - member.goneSinceMs > forgetAfterMs)
      if (!isDue) lookBy(Math.max(member.goneSinceMs + forgetAfterMs, nowMs + LOOK_MS))
      // One that listens still, or may, would be found by the next look, and never be told.
      if (isDue && (await probeSocket(link.known.socket)) === 'nobody') await forget(name, member)
    }
  }

  async function look(): Promise<Looked> {
    nextMs = Number.POSITIVE_INFINITY
    const found = await discover(monitorDirs, skip)
    const refused: RefusedSocket[] = [...found.refused]
    const nowDead = new Map<string, Dead>()
    for (const socket of found.sockets) {
      const why = await take(socket, nowDead)
      if (why !== '') refused.push({ path: socket.path, dir: socket.dir, why })
    }
    dead = nowDead
    tellRefused(refused)
    await forgetGone(new Set(found.sockets.map(({ path }) => path)))
    return { folders: found.folders, dueMs: nextMs }
  }

  function tellRefused(refused: readonly RefusedSocket[], nowMs = monotonicMs()): void {
    const { observations, withdrawn, dueMs } = refusals.look(refused, nowMs)
    lookBy(dueMs)
    if (observations.length === 0) return
    for (const { message, health } of observations)
      if (health === 'problem') log.warn('socket of a monitor is not taken', { reason: message })
    engine.observe(observations, withdrawn)
  }

  /** What the store knows and the configuration does not name: one that was found has its place again, others are gone. */
  function takeBack(): void {
    for (const { name, origin, socket } of [...engine.state.monitors.values()]) {
      if (name === DETECTOR || members.has(name)) continue
      const place = placeOf(socket, monitorDirs)
      const isFound = origin === 'discovered' && config.detector.discovery && place?.name === name
      if (isFound && !skip.has(socket) && reserved(name) === '') addFound({ ...place, path: socket })
      else engine.take({ kind: 'removed', monitor: name })
    }
  }

  return {
    start() {
      for (const known of builtInMonitors(config)) add(known, DEFAULT_POLL)
      for (const { name, socketPath, conditions, intervalMs, timeoutMs, parameters } of config.plugins) {
        add({ name, origin: 'configured', socket: socketPath, conditions }, { intervalMs, timeoutMs, parameters })
      }
      takeBack()
      const told = [...engine.state.conditions.values()].filter(({ type }) => type === 'MonitorRefused')
      refusals = createRefusals(
        told.map(({ entity }) => entity),
        monotonicMs(),
      )
      const onError = (err: unknown) => log.error('looking for monitors failed', { err })
      if (config.detector.discovery) looking = startLooking({ clock, files, dirs: monitorDirs, look, onError })
      else tellRefused([], Number.POSITIVE_INFINITY)
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
      if (member !== undefined && member.place === undefined)
        return Promise.reject(new MonitorPresentError(name, 'the configuration names it; take it out there'))
      if (member !== undefined && state.health === 'alive')
        return Promise.reject(new MonitorPresentError(name, 'it answers; stop it first'))
      if (member !== undefined) return forgetOnDemand(name, member)
      engine.take({ kind: 'removed', monitor: name })
      return Promise.resolve()
    },
    check: (monitor, check, timeoutMs) => members.get(monitor)?.link.check(check, timeoutMs),
    async stop() {
      await looking?.stop()
      for (const { stop } of members.values()) stop.abort()
      await Promise.all([...members.values()].map(({ ended }) => ended))
    },
  }
}
