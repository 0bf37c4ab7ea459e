/** A host's program as the properties of a transient unit (org.freedesktop.systemd1(5), systemd.service(5)). Pure. */
import type { BusVariant, BusWritable } from '../units/bus/write.ts'
import type { TransientUnit } from './types.ts'

/** What a program that is asked to end has for it, and what each command that comes afterwards has. */
const STOP_MS = 2_000
const STOP_AFTERWARDS_MS = 5_000

/** systemd replaces $NAME in the words of a command by what its environment says; a doubled one is a dollar. */
function plain(word: string): string {
  return word.replaceAll('$', '$$$$')
}

/** Type a(sasb): path, words, whether it may fail. */
function command([path, ...rest]: readonly [string, ...string[]], mayFail: boolean): BusWritable {
  return [path, [path, ...rest].map(plain), mayFail]
}

function microseconds(ms: number): BusVariant {
  return { type: 't', value: BigInt(Math.round(ms)) * 1000n }
}

/** Type a(sv), for StartTransientUnit. It waits for nothing of the machine's start, and ends with the machine. */
export function propertiesOfTransient(unit: TransientUnit): BusWritable {
  const environment = Object.entries(unit.env).map(([name, value]) => `${name}=${value}`)
  const properties: [string, BusVariant][] = [
    ['Description', { type: 's', value: unit.description }],
    // "simple": a program that is not there is told by its exit code 203 (systemd.exec(5)), by every version.
    ['Type', { type: 's', value: 'simple' }],
    ['DefaultDependencies', { type: 'b', value: false }],
    ['Conflicts', { type: 'as', value: ['shutdown.target'] }],
    ['Before', { type: 'as', value: ['shutdown.target'] }],
    ['CollectMode', { type: 's', value: 'inactive-or-failed' }],
    ['WorkingDirectory', { type: 's', value: '/' }],
    ['UMask', { type: 'u', value: 0o077 }],
    ['RuntimeMaxUSec', microseconds(unit.runMs)],
    ['TimeoutStopUSec', microseconds(unit.isPutBack ? STOP_AFTERWARDS_MS : STOP_MS)],
    ['Environment', { type: 'as', value: environment }],
    ['ExecStart', { type: 'a(sasb)', value: [command(unit.command, false)] }],
    ['ExecStopPost', { type: 'a(sasb)', value: unit.afterwards.map((each) => command(each, true)) }],
  ]
  return properties
}
