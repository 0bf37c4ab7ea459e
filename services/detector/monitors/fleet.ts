/**
 * All monitors of this node: those that the configuration implies, those it names, and those whose socket appears. Each
 * has a link of its own; one that hangs or floods holds up nobody else.
 */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { NodeDoctorConfig } from '#config'
import { DETECTOR, type PersonsWord } from '#model'
import type { CheckResponse } from '#proto/nodedoctor/v1/monitor.ts'
import type { Logger } from '#service'
import type { Engine } from '../engine.ts'
import type { OpenChannel } from './channel.ts'
import type { KnownMonitor } from './declare.ts'
import { discover } from './discovery.ts'
import { MonitorPresentError } from './errors.ts'
import { createMonitorLink, type MonitorLink } from './link.ts'
import type { PollOptions } from './session.ts'

/** How often the folders are looked through. */
export const DISCOVERY_MS = 1000
/** A discovered monitor whose socket is gone for this long is taken out: it was uninstalled. */
export const FORGET_AFTER_MS = 3_600_000
const DEFAULT_POLL: PollOptions = { intervalMs: 30_000, timeoutMs: 10_000, parameters: {} }

export interface FleetOptions {
  readonly config: NodeDoctorConfig
  readonly engine: Engine
  readonly open: OpenChannel
  readonly log: Logger
  readonly monotonicMs: () => number
  readonly version: string
}

export interface Fleet {
  start(): void
  names(): readonly string[]
  /** Hands a person's word down to every monitor that streams. */
  clear(word: PersonsWord): void
  /**
   * Ends what is known of a monitor that is gone; undefined when none is known by that name.
   * @throws MonitorPresentError while it answers or the configuration names it
   */
  forget(name: string): Promise<void> | undefined
  check(monitor: string, check: string, timeoutMs: number): Promise<CheckResponse> | undefined
  stop(): Promise<void>
}

interface Member {
  readonly link: MonitorLink
  readonly stop: AbortController
  readonly ended: Promise<void>
  goneSinceMs: number | undefined
}

/** Our own monitors that serve a configured check, at the sockets where they listen. */
export function builtInMonitors(config: NodeDoctorConfig): KnownMonitor[] {
  const names = new Set(
    config.monitors.filter(({ enabled, monitor }) => enabled && monitor !== '').map(({ monitor }) => monitor),
  )
  return [...names].sort().map((name) => ({
    name,
    origin: 'built-in',
    socket: join(config.settings.runDir, 'monitors', name, `${name}.sock`),
    conditions: [],
  }))
}

export function createFleet(options: FleetOptions): Fleet {
  const { config, engine, log, monotonicMs } = options
  const members = new Map<string, Member>()
  const refusedTold = new Set<string>()
  const looking = new AbortController()
  let lookingEnded: Promise<void> = Promise.resolve()

  function add(known: KnownMonitor, poll: PollOptions): void {
    const link = createMonitorLink({
      known,
      engine,
      open: options.open,
      log,
      monotonicMs,
      version: options.version,
      reportsPerSecond: config.detector.limits.reportsPerSecond,
      messageBytes: config.detector.limits.messageBytes,
      poll,
    })
    const stop = new AbortController()
    log.info('monitor is known', { monitor: known.name, origin: known.origin, socket: known.socket })
    members.set(known.name, { link, stop, ended: link.run(stop.signal), goneSinceMs: undefined })
  }

  async function forget(name: string, member: Member): Promise<void> {
    members.delete(name)
    member.stop.abort()
    await member.ended
    engine.take({ kind: 'removed', monitor: name })
    log.info('monitor was taken out: its socket is gone', { monitor: name })
  }

  async function look(): Promise<void> {
    const found = await discover(config.detector.monitorDirs, { paths: new Set(), names: new Set() })
    const paths = new Set(found.sockets.map(({ path }) => path))
    const known = new Set([...members.values()].map(({ link }) => link.known.socket))
    for (const { name, path } of found.sockets) {
      if (known.has(path)) continue
      if (members.has(name)) refuse(path, `another monitor is named ${name}`)
      else add({ name, origin: 'discovered', socket: path, conditions: [] }, DEFAULT_POLL)
    }
    for (const { path, why } of found.refused) if (!known.has(path)) refuse(path, why)
    for (const [name, member] of members) {
      if (member.link.known.origin !== 'discovered') continue
      if (paths.has(member.link.known.socket)) member.goneSinceMs = undefined
      else member.goneSinceMs ??= monotonicMs()
      if (member.goneSinceMs !== undefined && monotonicMs() - member.goneSinceMs > FORGET_AFTER_MS)
        await forget(name, member)
    }
  }

  function refuse(path: string, why: string): void {
    if (refusedTold.has(path)) return
    if (refusedTold.size < 1000) refusedTold.add(path)
    log.warn('socket of a monitor is not taken', { path, reason: why })
  }

  async function keepLooking(): Promise<void> {
    while (!looking.signal.aborted) {
      try {
        await look()
      } catch (err) {
        log.error('looking for monitors failed', { err })
      }
      await sleep(DISCOVERY_MS, undefined, { signal: looking.signal }).catch(() => undefined)
    }
  }

  return {
    start() {
      for (const known of builtInMonitors(config)) add(known, DEFAULT_POLL)
      for (const { name, socketPath, conditions, intervalMs, timeoutMs, parameters } of config.plugins) {
        add({ name, origin: 'configured', socket: socketPath, conditions }, { intervalMs, timeoutMs, parameters })
      }
      for (const name of engine.state.monitors.keys()) {
        // Read back from the store and no longer configured: a discovered one may still appear, others are gone.
        const state = engine.state.monitors.get(name)
        if (name !== 'detector' && state !== undefined && state.origin !== 'discovered' && !members.has(name)) {
          engine.take({ kind: 'removed', monitor: name })
        }
      }
      if (config.detector.discovery) lookingEnded = keepLooking()
    },
    names: () => [...members.keys()].sort(),
    clear(word) {
      for (const { link } of members.values()) link.clear(word)
    },
    forget(name) {
      const member = members.get(name)
      const state = engine.state.monitors.get(name)
      if (state === undefined || name === DETECTOR) return undefined
      if (member !== undefined && member.link.known.origin !== 'discovered')
        return Promise.reject(new MonitorPresentError(name, 'the configuration names it; take it out there'))
      if (member !== undefined && state.health === 'alive')
        return Promise.reject(new MonitorPresentError(name, 'it answers; stop it first'))
      if (member !== undefined) return forget(name, member)
      engine.take({ kind: 'removed', monitor: name })
      return Promise.resolve()
    },
    check: (monitor, check, timeoutMs) => members.get(monitor)?.link.check(check, timeoutMs),
    async stop() {
      looking.abort()
      await lookingEnded
      for (const { stop } of members.values()) stop.abort()
      await Promise.all([...members.values()].map(({ ended }) => ended))
    },
  }
}
