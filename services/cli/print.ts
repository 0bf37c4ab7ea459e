/** The one edge to terminals: nothing leaves that turns, hides or forges the text around it. */
import { cleanText, escapeUnseen } from '#model'

/** Of one line; what is longer is no sentence any more. */
const LINE_MAX = 2000
/** Of one text in a JSON document: what is told verbatim is whole. */
const TEXT_MAX = 32 * 1024
const LINE_BREAKS = /\r?\n/

/** Indented lines, each of them clean. */
function clean(text: string, lineMax: number): string {
  return text
    .split(LINE_BREAKS)
    .map((line) => {
      const indent = /^ */.exec(line)?.[0] ?? ''
      return indent.slice(0, 40) + escapeUnseen(line.slice(indent.length, lineMax)) + (line.length > lineMax ? '…' : '')
    })
    .join('\n')
}

/** Lines for a person, on standard output. */
export function say(text: string): void {
  process.stdout.write(`${clean(text, LINE_MAX)}\n`)
}

/** A file's text, on standard output: as it is where a file takes it, and without what could turn a terminal where that does. */
export function sayWhole(text: string): void {
  process.stdout.write(process.stdout.isTTY ? `${clean(text.replace(/\n$/, ''), Number.POSITIVE_INFINITY)}\n` : text)
}

/** What went wrong or is logged, on standard error. */
export function complain(text: string, lineMax = LINE_MAX): void {
  process.stderr.write(`${clean(text, lineMax)}\n`)
}

/** A text of somebody else's inside of a line. */
export function inLine(text: string, max = 500): string {
  return cleanText(text, max)
}

/** One JSON document, on standard output. */
export function sayJson(value: unknown, indent?: number): void {
  const text = JSON.stringify(
    value,
    (_key, item: unknown) =>
      typeof item === 'string' && item.length > TEXT_MAX ? `${item.slice(0, TEXT_MAX - 1)}…` : item,
    indent,
  )
  process.stdout.write(`${escapeUnseen(text)}\n`)
}
