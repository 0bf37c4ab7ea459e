/**
 * What the configuration asks of the fleet: which monitors must be here, which are taken where their sockets appear, and whose
 * name a socket may bear. Pure.
 */
import { OWN_NAMES } from '#config'
import { folderOf, socketOf } from '#service-table'
import type { DetectorConfig } from '../config.ts'
import type { KnownMonitor } from './declare.ts'
import { type FoundSocket, type Place, placeOf } from './discovery.ts'
import type { PollOptions } from './session.ts'

/** Of whom nobody configured: what `plugins[]` has where nothing is written. */
export const DEFAULT_POLL: PollOptions = {
  intervalMs: 30_000,
  timeoutMs: 10_000,
  parameters: {},
  retry: { errorThreshold: 3, initialBackoffMs: 1000, backoffMultiplier: 2, maxBackoffMs: 300_000, maxAttempts: 5 },
  look: { intervalMs: 30_000, timeoutMs: 5000 },
  skipInitialStatus: true,
}
/** One of ours comes back soon, and is expected for as long as it takes. */
const OWN_POLL: PollOptions = {
  ...DEFAULT_POLL,
  retry: {
    errorThreshold: 3,
    initialBackoffMs: 200,
    backoffMultiplier: 2,
    maxBackoffMs: 5000,
    maxAttempts: Number.POSITIVE_INFINITY,
  },
}
/** The rank of a monitor's own socket: before every other place. */
const OWN_RANK = -1

/** How much of a monitor is taken, and when it is lost. */
export interface MemberLimits {
  readonly reportsPerSecond: number
  readonly messageBytes: number
  readonly lostAfterMs: number
}

/** A monitor as the fleet is to have it. */
export interface MemberPlan {
  readonly known: KnownMonitor
  readonly poll: PollOptions
  readonly limits: MemberLimits
  /** Where its socket is one of those that it may have; undefined for one that has this socket and no other. */
  readonly place: Place | undefined
}

/**
 * Of a monitor of ours: `fixed`, it has a check for every machine and stands at its own socket; `expected`, it must be here,
 * wherever its socket appears; `as-it-comes`, the same without being missed; `unasked`, no check of it is configured.
 */
export type Standing = 'fixed' | 'expected' | 'as-it-comes' | 'unasked'

/** What a fleet is to be. */
export interface Wanted {
  readonly config: DetectorConfig
  /** Who is asked whether or not anybody is there, by name. */
  readonly members: ReadonlyMap<string, MemberPlan>
  /** Sockets that are no find: they belong to members that have no other. */
  readonly skip: ReadonlySet<string>
  /** Own sockets of those monitors that may stand elsewhere too. */
  readonly ownSockets: readonly string[]
  /** Whether a check or a monitor of this name is on this node, by configuration. */
  isKnown(name: string): boolean
  /** Whether a monitor of ours is taken wherever its socket appears. */
  isMovable(name: string): boolean
  /** The place of a socket at this path; undefined where no monitor is looked for there. */
  placeAt(path: string): Place | undefined
  /** Why what stands there may not be the monitor that its place is called by; "" when it may. */
  whyNot(place: Place): string
  /** The monitor whose socket was found there. */
  found(socket: FoundSocket): MemberPlan
}

function ownSocket({ settings }: DetectorConfig, name: string): string {
  return socketOf({ name, kind: 'monitor' }, settings.runDir)
}

/** How each monitor of ours stands by this configuration. */
export function standingsOf({ catalog, monitors, detector }: DetectorConfig): ReadonlyMap<string, Standing> {
  const checks = monitors.filter(({ enabled }) => enabled)
  return new Map(
    catalog.map(({ monitor: name }): [string, Standing] => {
      const own = checks.filter(({ monitor }) => monitor === name)
      if (own.some(({ when }) => when === 'always')) return [name, 'fixed']
      if (detector.expect.includes(name)) return [name, 'expected']
      return [name, own.length > 0 ? 'as-it-comes' : 'unasked']
    }),
  )
}

/** Checks and monitors that the configuration names: others may depend on them. */
function namesOf({ monitors, plugins }: DetectorConfig): ReadonlySet<string> {
  const names = new Set([
    ...monitors.flatMap(({ name, monitor }) => [name, monitor]),
    ...plugins.map(({ name }) => name),
  ])
  names.delete('')
  return names
}

/**
 * Why no monitor there may have this name. Upper and lower case look alike to people. One of ours that nobody asked for may run
 * at its own socket and have nothing to do; anywhere else a stranger would be taken for it.
 */
function whyTaken({ name, dir, isOwnFolder }: Place, standings: ReadonlyMap<string, Standing>, home: string): string {
  const isAlike = (other: string) => other.toLowerCase() === name.toLowerCase()
  const ours = [...standings.keys()].find(isAlike)
  const isReserved = ours === undefined ? OWN_NAMES.some(isAlike) : ours !== name || standings.get(name) === 'fixed'
  if (isReserved) return `${name} is a name of Node Doctor's own`
  if (ours === undefined) return ''
  if (!isOwnFolder)
    return `${name} is a name of Node Doctor's own, which is taken in a folder of its own alone: ${name}/${name}.sock`
  if (standings.get(name) !== 'unasked' || dir === home) return ''
  return `${name} is a name of Node Doctor's own, and no check of it is configured here: configure one in monitors, or give the plug-in another name`
}

function pollOf({ origin }: KnownMonitor): PollOptions {
  return origin === 'discovered' ? DEFAULT_POLL : OWN_POLL
}

/** How a plug-in of the configuration is asked. */
function askedAs(plugin: DetectorConfig['plugins'][number]): PollOptions {
  const { intervalMs, timeoutMs, parameters, skipInitialStatus } = plugin
  const { initialBackoffMs, backoffMultiplier, maxBackoffMs, maxAttempts } = plugin.retryPolicy
  const { intervalMs: lookMs, timeoutMs: lookTimeoutMs, errorThreshold } = plugin.healthCheck
  return {
    ...{ intervalMs, timeoutMs, parameters, skipInitialStatus },
    retry: { errorThreshold, initialBackoffMs, backoffMultiplier, maxBackoffMs, maxAttempts },
    look: { intervalMs: lookMs, timeoutMs: lookTimeoutMs },
  }
}

/** @param config the detector's slice */
export function wantedOf(config: DetectorConfig): Wanted {
  const { monitorDirs, limits, lostAfterMs } = config.detector
  const { reportsPerSecond, messageBytes } = limits
  const standings = standingsOf(config)
  const names = namesOf(config)
  const home = folderOf({ name: '', kind: 'monitor' }, config.settings.runDir)
  const named = [...standings.keys()].toSorted()
  const isMovable = (name: string) => ['expected', 'as-it-comes'].includes(standings.get(name) ?? '')

  function plan(known: KnownMonitor, place?: Place, poll = pollOf(known)): MemberPlan {
    return { known, poll, limits: { reportsPerSecond, messageBytes, lostAfterMs }, place }
  }

  function placeAt(path: string): Place | undefined {
    const own = named.find((name) => ownSocket(config, name) === path)
    if (own === undefined) return placeOf(path, monitorDirs)
    return {
      name: own,
      rank: OWN_RANK,
      dir: home,
      isOwnFolder: true,
    }
  }

  function found({ path, ...place }: FoundSocket): MemberPlan {
    const { name } = place
    const expected = standings.get(name) === 'expected'
    const known = { name, socket: path, conditions: [], expected }
    if (!isMovable(name)) return plan({ ...known, origin: 'discovered' }, place)
    const home = path === ownSocket(config, name) ? { isAtHome: true as const } : {}
    return plan({ ...known, origin: 'built-in', isByWord: true, ...home }, place)
  }

  function ours(name: string): MemberPlan[] {
    const socket = ownSocket(config, name)
    if (standings.get(name) === 'fixed')
      return [plan({ name, origin: 'built-in', socket, conditions: [], expected: true })]
    const place = placeAt(socket)
    return standings.get(name) === 'expected' && place !== undefined ? [found({ ...place, path: socket })] : []
  }

  const plugIns = config.plugins.map((plugin) => {
    const { name, socketPath: socket, conditions } = plugin
    return plan({ name, origin: 'configured', socket, conditions, expected: true }, undefined, askedAs(plugin))
  })
  const members = [...named.flatMap(ours), ...plugIns]
  return {
    config,
    members: new Map(members.map((member) => [member.known.name, member])),
    skip: new Set(members.filter(({ place }) => place === undefined).map(({ known }) => known.socket)),
    ownSockets: named.filter(isMovable).map((name) => ownSocket(config, name)),
    isKnown: (name) => names.has(name),
    isMovable,
    placeAt,
    whyNot: (place) => whyTaken(place, standings, home),
    found,
  }
}
