/**
 * Sockets that are not taken, as conditions that people see: one for each, few of one folder, and few new ones an hour, so
 * that whoever makes sockets cannot make conditions without end. Pure: time is an argument.
 */
import { type ConditionKey, cleanText, type Observation } from '#model'
import { createRate } from '#pace'
import type { RefusedSocket } from './discovery.ts'
import { pathEntity } from './path-entity.ts'

/** What stands for less than this was on its way: a socket is made elsewhere and moved to its place. */
const STANDS_MS = 5000
/** Sockets of one configured folder that are told by themselves; the others of it are told as a number. */
const OF_FOLDER_MAX = 8
/** Newly told sockets: as many at once, and in an hour. */
const NEW_MAX = 32
const HOUR_S = 3600
const REASON_GONE = 'SocketGoneOrTaken'

export interface Told {
  readonly observations: readonly Observation[]
  readonly withdrawn: readonly ConditionKey[]
  /** When a later look may say more of the same, in monotonic milliseconds. */
  readonly dueMs: number
}

/** What was told of a socket, and since when it is not refused any more. */
interface Standing {
  readonly words: string
  goneMs: number | undefined
}

export interface Refusals {
  /** What this look refused; returns what is news. */
  look(refused: readonly RefusedSocket[], monoMs: number): Told
}

function observation(entity: string, health: 'problem' | 'healthy', reason: string, message: string): Observation {
  return {
    type: 'MonitorRefused',
    entity,
    health,
    severity: health === 'problem' ? 'warning' : 'info',
    reason,
    message,
    summary: '',
    evidence: undefined,
    since: undefined,
    check: 'monitors',
  }
}

/** What is to be told of one look: by entity, in words. */
function wordsOf(refused: readonly RefusedSocket[], mayTell: (entity: string) => boolean): Map<string, string> {
  const words = new Map<string, string>()
  const more = new Map<string, { count: number; first: RefusedSocket }>()
  const told = new Map<string, number>()
  for (const one of refused) {
    const entity = pathEntity('socket', one.path)
    const ofFolder = told.get(one.dir) ?? 0
    if (one.path === one.dir || (ofFolder < OF_FOLDER_MAX && mayTell(entity))) {
      if (one.path !== one.dir) told.set(one.dir, ofFolder + 1)
      words.set(entity, `${cleanText(one.path, 300)} is not taken as a monitor: ${cleanText(one.why, 300)}`)
    } else {
      const known = more.get(one.dir)
      if (known === undefined) more.set(one.dir, { count: 1, first: one })
      else known.count++
    }
  }
  for (const [dir, { count, first }] of more) {
    const others = `${count} more sockets in ${cleanText(dir, 200)} are not taken as monitors; the first of them, ${cleanText(first.path, 300)}: ${cleanText(first.why, 200)}`
    const entity = pathEntity('socket', dir)
    words.set(entity, words.has(entity) ? `${words.get(entity) ?? ''}; ${others}` : others)
  }
  return words
}

/** @param before entities that an earlier life has told */
export function createRefusals(before: Iterable<string>, startMs: number): Refusals {
  const rate = createRate(NEW_MAX / HOUR_S, NEW_MAX)
  const told = new Map([...before].map((entity): [string, Standing] => [entity, { words: '', goneMs: startMs }]))
  let standing = new Map<string, number>()

  /** What stands longer and is not told has no room, and is no matter of time. */
  function dueMs(monoMs: number): number {
    const stand = [...standing.values()].filter((sinceMs) => sinceMs + STANDS_MS > monoMs)
    const gone = [...told.values()].flatMap(({ goneMs }) => (goneMs === undefined ? [] : [goneMs + 1]))
    return Math.min(...stand, ...gone) + STANDS_MS
  }

  function news(words: ReadonlyMap<string, string>): Observation[] {
    const observations: Observation[] = []
    for (const [entity, message] of words) {
      const known = told.get(entity)
      told.set(entity, { words: message, goneMs: undefined })
      if (known?.words !== message) observations.push(observation(entity, 'problem', 'SocketNotTaken', message))
    }
    return observations
  }

  return {
    look(refused, monoMs) {
      standing = new Map(refused.map(({ path }) => [path, standing.get(path) ?? monoMs]))
      const stands = refused.filter(({ path }) => monoMs - (standing.get(path) ?? monoMs) >= STANDS_MS)
      const words = wordsOf(stands, (entity) => told.has(entity) || rate.take(monoMs))
      const observations = news(words)
      for (const [entity, one] of told) if (!words.has(entity)) one.goneMs ??= monoMs
      const over = [...told].filter(([, { goneMs = monoMs }]) => monoMs - goneMs > STANDS_MS).map(([entity]) => entity)
      for (const entity of over) {
        told.delete(entity)
        observations.push(observation(entity, 'healthy', REASON_GONE, 'it is gone, or is taken now'))
      }
      return {
        observations,
        withdrawn: over.map((entity) => ({ type: 'MonitorRefused', entity })),
        dueMs: dueMs(monoMs),
      }
    },
  }
}
