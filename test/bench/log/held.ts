/** How long the longest lines hold the process: ten of 64 KiB are kept, and each new one matches. */
import { compileToEnd, createLineMatcher } from '#pattern'
import { reportFigure } from '../figure.ts'

const BYTES = 64 * 1024
const LINES = 40
const WARM = 10
const FILLER = 'all is well and it goes on and on. '

interface Case {
  readonly name: string
  readonly patterns: readonly string[]
  /** Ends of the lines, in turns; what is before them is filled up. */
  readonly ends: readonly string[]
}

const CASES: readonly Case[] = [
  {
    name: 'a rule that nothing matches',
    patterns: ['EXT4-fs error .*', 'task \\S+:\\w+ blocked.*'],
    ends: ['nothing'],
  },
  { name: 'a rule within one line', patterns: ['EXT4-fs error .*'], ends: ['EXT4-fs error (device sda1)'] },
  {
    name: 'a rule over two lines',
    patterns: ['Kill process \\d+ (.+) score \\d+\\nKilled process \\d+ (.+) total-vm:\\d+kB.*'],
    ends: ['Kill process 1 (a) score 2', 'Killed process 1 (a) total-vm:1kB'],
  },
  { name: 'a rule over any number of lines', patterns: ['panic(?s:.)* end trace'], ends: ['panic: end trace'] },
]

/** The second line of a pair begins with what is looked for. */
function lineOf(end: string): Buffer {
  const filler = FILLER.repeat(BYTES / FILLER.length + 1).slice(0, BYTES - end.length)
  return Buffer.from(end.startsWith('Killed') ? `${end}${filler}` : `${filler}${end}`)
}

/** Processor time, since others run beside it; the most of any line. */
function mostMs({ patterns, ends }: Case): number {
  const matcher = createLineMatcher(patterns.map(compileToEnd), { bufferLines: 10 })
  const lines = ends.map(lineOf)
  let most = 0
  for (let line = 0; line < LINES; line++) {
    const began = process.cpuUsage()
    matcher.push(lines[line % lines.length] as Buffer)
    const { user, system } = process.cpuUsage(began)
    if (line >= WARM) most = Math.max(most, (user + system) / 1000)
  }
  return most
}

export function reportHeld(): void {
  for (const each of CASES) {
    const name = `loop held by a line of 64 KiB: ${each.name}`
    reportFigure({ name, value: mostMs(each), unit: 'ms', budget: { max: 10 } })
  }
}
