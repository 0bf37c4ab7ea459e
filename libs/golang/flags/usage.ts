/** What `--help` prints, as pflag does. */
import { quote } from '../quote.ts'
import type { Flag } from './kinds.ts'
import type { Flags } from './parse.ts'

/** What a value is called where the usage does not say: the kind, but of a few. */
const CALLED: Readonly<Record<string, string>> = { bool: '', stringSlice: 'strings' }

interface Line {
  readonly head: string
  readonly text: string
}

function lineOf(name: string, flag: Flag<unknown>): Line {
  const [quoted, named] = /`([^`]*)`/.exec(flag.usage) ?? []
  const usage = quoted === undefined ? flag.usage : flag.usage.replace(quoted, named as string)
  const called = named ?? CALLED[flag.kind] ?? flag.kind
  const before = flag.shorthand === undefined ? `      --${name}` : `  -${flag.shorthand}, --${name}`
  const printed = flag.print(flag.initial)
  const shown = flag.kind === 'string' ? quote(printed) : printed
  return {
    head: called === '' ? before : `${before} ${called}`,
    text: printed === flag.zero ? usage : `${usage} (default ${shown})`,
  }
}

/** "Usage of PROGRAM:" and a line for each flag that is not hidden, by name. Ends with a line break. */
export function flagUsages(program: string, flags: Flags): string {
  const lines = Object.entries(flags)
    .filter(([, { isHidden, deprecated }]) => isHidden !== true && deprecated === undefined)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, flag]) => lineOf(name, flag))
  const widest = Math.max(0, ...lines.map(({ head }) => head.length))
  const indent = ' '.repeat(widest + 3)
  const printed = lines.map(({ head, text }) => `${head.padEnd(widest + 3)}${text.replaceAll('\n', `\n${indent}`)}\n`)
  return `Usage of ${program}:\n${printed.join('')}`
}
