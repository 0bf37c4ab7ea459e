/** The configuration that is in force against the file that it is to come from. Pure. */
import { DurationError, parseDuration } from '#golang'

/** A key that is not in force as the file says it. */
export interface Difference {
  /** "evictionHard.memory.available" */
  readonly key: string
  readonly inFile: string
  /** "" where there is no such key. */
  readonly inForce: string
}

/** Of the map itself, not of its configuration. */
const NOT_COMPARED: readonly string[] = ['apiVersion', 'kind']
/** Has headers that may be secret (`Authorization`). */
const SECRET: readonly string[] = ['staticPodURLHeader']
const DEPTH_MAX = 8
const DIFFERENCES_MAX = 64
const TEXT_MAX = 60

type Values = Readonly<Record<string, unknown>>

function isMap(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** What a file may say for "the default": kubeadm writes `fileCheckFrequency: 0s`. An explicit false is none of it. */
function isDefault(value: unknown): boolean {
  if (value === null || value === undefined || value === 0 || value === '' || value === '0s') return true
  return Array.isArray(value) ? value.length === 0 : isMap(value) && Object.keys(value).length === 0
}

function text(value: unknown): string {
  const words = typeof value === 'string' ? value : JSON.stringify(value)
  return words.length > TEXT_MAX ? `${words.slice(0, TEXT_MAX)}…` : words
}

/** Nanoseconds of "1m30s"; undefined for what is no duration. */
function durationOf(words: string): bigint | undefined {
  try {
    return parseDuration(words)
  } catch (err) {
    if (err instanceof DurationError) return undefined
    throw err
  }
}

function isSameScalar(a: unknown, b: unknown): boolean {
  if (String(a) === String(b)) return true
  if (typeof a !== 'string' || typeof b !== 'string') return false
  const nanoseconds = durationOf(a)
  return nanoseconds !== undefined && nanoseconds === durationOf(b)
}

function isSame(inFile: unknown, inForce: unknown): boolean {
  if (Array.isArray(inFile))
    return (
      Array.isArray(inForce) && inFile.length === inForce.length && inFile.every((item, i) => isSame(item, inForce[i]))
    )
  if (isMap(inFile)) return isMap(inForce) && differencesIn(inFile, inForce, '', DEPTH_MAX).length === 0
  return !isMap(inForce) && !Array.isArray(inForce) && isSameScalar(inFile, inForce)
}

function differencesIn(inFile: Values, inForce: Values, prefix: string, depth: number): readonly Difference[] {
  return Object.entries(inFile).flatMap(([name, value]): readonly Difference[] => {
    const now = Object.hasOwn(inForce, name) ? inForce[name] : undefined
    if (isDefault(value) || (value === false && now === undefined)) return []
    const key = prefix + name
    if (isMap(value) && isMap(now) && depth > 0) return differencesIn(value, now, `${key}.`, depth - 1)
    if (isSame(value, now)) return []
    if (SECRET.some((secret) => key === secret || key.startsWith(`${secret}.`)))
      return [{ key, inFile: '…', inForce: '…' }]
    return [{ key, inFile: text(value), inForce: now === undefined ? '' : text(now) }]
  })
}

/**
 * Keys of the file that are not in force as they stand there, at most 64.
 * @param overruled keys in lower case that the command line says otherwise
 */
export function differencesOf(inFile: Values, inForce: Values, overruled: ReadonlySet<string>): readonly Difference[] {
  const own = Object.fromEntries(
    Object.entries(inFile).filter(([key]) => !NOT_COMPARED.includes(key) && !overruled.has(key.toLowerCase())),
  )
  return differencesIn(own, inForce, '', DEPTH_MAX).slice(0, DIFFERENCES_MAX)
}
