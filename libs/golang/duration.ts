import { quotePlainly } from './quote.ts'

/** Nanoseconds of each unit that Go knows. */
const UNITS = {
  ns: 1n,
  us: 1_000n,
  '\u00b5s': 1_000n,
  '\u03bcs': 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
} as const satisfies Readonly<Record<string, bigint>>

const PART = /^(\d*)(?:\.(\d*))?([^\d.]*)/
/** What 64 bits hold, as Go has a duration. */
const MAX = 2n ** 63n

/** A text that is no duration, in Go's words. */
export class DurationError extends Error {
  readonly code = 'BAD_DURATION'
  constructor(reason: string) {
    super(`time: ${reason}`)
    this.name = 'DurationError'
  }
}

/**
 * Nanoseconds of a duration as Go's `time.ParseDuration` reads it: "1h30m", "-1.5s", "0", ".5ms". Throws DurationError:
 * only "0" does without a unit, and days are none.
 */
export function parseDuration(text: string): bigint {
  const invalid = () => new DurationError(`invalid duration ${quotePlainly(text)}`)
  const isNegative = text.startsWith('-')
  let rest = isNegative || text.startsWith('+') ? text.slice(1) : text
  if (rest === '0') return 0n
  if (rest === '') throw invalid()
  let total = 0n
  while (rest !== '') {
    const [all, whole = '', fraction = '', name = ''] = PART.exec(rest) as RegExpExecArray
    if ((whole === '' && fraction === '') || BigInt(whole) > MAX) throw invalid()
    if (name === '') throw new DurationError(`missing unit in duration ${quotePlainly(text)}`)
    if (!isUnit(name)) {
      throw new DurationError(`unknown unit ${quotePlainly(name)} in duration ${quotePlainly(text)}`)
    }
    total += BigInt(whole) * UNITS[name] + partOf(fraction, UNITS[name])
    if (total > MAX) throw invalid()
    rest = rest.slice(all.length)
  }
  if (isNegative) return -total
  if (total === MAX) throw invalid()
  return total
}

function isUnit(name: string): name is keyof typeof UNITS {
  return Object.hasOwn(UNITS, name)
}

/** What a fraction adds, its digits beyond what 63 bits hold left out, and then as much as a float64 tells. */
function partOf(fraction: string, unit: bigint): bigint {
  let value = 0n
  let scale = 1
  for (const digit of fraction) {
    if (value > (MAX - 1n) / 10n) break
    const next = value * 10n + BigInt(digit)
    if (next > MAX) break
    value = next
    scale *= 10
  }
  return BigInt(Math.trunc(Number(value) * (Number(unit) / scale)))
}

/** As Go prints one: "1m30s", "1.5s", "0s". Takes nanoseconds. */
export function formatDuration(nanoseconds: bigint): string {
  if (nanoseconds === 0n) return '0s'
  const sign = nanoseconds < 0n ? '-' : ''
  const size = nanoseconds < 0n ? -nanoseconds : nanoseconds
  for (const unit of ['ns', '\u00b5s', 'ms'] as const) {
    const length: bigint = UNITS[unit]
    if (size < length * 1000n) return `${sign}${decimal(size, length)}${unit}`
  }
  const minute: bigint = UNITS.m
  const seconds = `${decimal(size % minute, UNITS.s)}s`
  const minutes = size / minute
  if (minutes === 0n) return `${sign}${seconds}`
  if (minutes < 60n) return `${sign}${minutes}m${seconds}`
  return `${sign}${minutes / 60n}h${minutes % 60n}m${seconds}`
}

function decimal(size: bigint, unit: bigint): string {
  const fraction = (size % unit)
    .toString()
    .padStart(unit.toString().length - 1, '0')
    .replace(/0+$/, '')
  return unit === 1n || fraction === '' ? `${size / unit}` : `${size / unit}.${fraction}`
}
