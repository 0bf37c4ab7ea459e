/** The flags of a script that is served as a monitor. Pure but for the folder that a relative path is below. */
import { basename, resolve } from 'node:path'
import { parseDuration } from '#golang'
import { CAMEL_CASE } from '#model'
import { type FlagSpec, parseOwnFlags, readFlags, UsageError } from '#service'
import type { MonitorFlag } from '../../types.ts'
import { SETTING_NAMES } from '../settings.ts'
import type { ScriptOptions } from './check.ts'

const NAME = /^[a-z][a-z0-9-]{0,62}$/
const NANOSECONDS_OF_MS = 1_000_000n
/** Left between the end of a run and the next one. */
const SPARE_MS = 2_000

function typeOf(text: string): string {
  if (!CAMEL_CASE.test(text)) throw new Error('expected the type of a condition in CamelCase, for example BackupStale')
  return text
}

function nameOf(text: string): string {
  if (!NAME.test(text)) throw new Error('expected small letters, digits and "-", for example backup')
  return text
}

function durationOf(text: string): number {
  let ms = 0
  try {
    ms = Number(parseDuration(text) / NANOSECONDS_OF_MS)
  } catch {
    // As one that is out of range.
  }
  if (ms < 100 || ms > 86_400_000) throw new Error('expected a duration from 100ms to 24h, for example 30s')
  return ms
}

/** They, as `--help` lists them. */
export const SHELL_FLAGS: readonly FlagSpec[] = [
  { name: 'script', value: 'PATH', what: 'what is run; it ends with 0, 1 or 2', parse: (text) => resolve(text) },
  { name: 'condition', value: 'TYPE', what: 'what is a problem at 1 and 2, in CamelCase', parse: typeOf },
  { name: 'name', value: 'NAME', what: 'of the monitor', default: 'as the script, without its ending', parse: nameOf },
  { name: 'interval', value: 'DURATION', what: 'from one run to the next', default: '30s', parse: durationOf },
  { name: 'timeout', value: 'DURATION', what: 'what a run may take', default: '10s', parse: durationOf },
]

/** The same as flags of the monitor: what they say is in its definition already. */
export const HELD_FLAGS: readonly MonitorFlag[] = SHELL_FLAGS.map((flag) => ({ ...flag, parse: () => ({}) }))

/** A script as a monitor. */
export interface ShellMonitor extends ScriptOptions {
  readonly name: string
}

/** The name that a script has by itself: "/x/Check_Backup.sh" → "check-backup". */
function ownName(script: string): string {
  const plain = basename(script)
    .replace(/\.[^.]*$/, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^[^a-z]+|-+$/g, '')
  return plain.slice(0, 63) || 'script'
}

/** @returns undefined where only a text is asked for (`--help`) @throws UsageError */
export function parseShell(argv: readonly string[]): ShellMonitor | undefined {
  const valued = [...SHELL_FLAGS.map(({ name }) => name), ...SETTING_NAMES]
  const given = readFlags(argv, { valued, repeated: [], bare: ['help', 'h', 'version'] })
  if (given.bare.size > 0) return undefined
  const values = parseOwnFlags(SHELL_FLAGS, given)
  const { script: path, condition, interval: intervalMs = 30_000, timeout: timeoutMs = 10_000 } = values
  if (typeof path !== 'string') throw new UsageError('--script is missing; expected --script PATH')
  if (typeof condition !== 'string') throw new UsageError('--condition is missing; expected --condition TYPE')
  if (Number(timeoutMs) + SPARE_MS > Number(intervalMs)) {
    const most = Number(intervalMs) - SPARE_MS
    throw new UsageError(
      `the timeout is ${Number(timeoutMs)} ms; expected at most ${most} ms, 2 s less than the interval`,
    )
  }
  const name = typeof values['name'] === 'string' ? values['name'] : ownName(path)
  return { name, path, condition, intervalMs: Number(intervalMs), timeoutMs: Number(timeoutMs) }
}
