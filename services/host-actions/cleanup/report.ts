/** What a clean-up did, for people: a line each, of which the beginning and the end are kept. */
import { createKeptOutput } from '#host/acts'

const MIB = 1024 ** 2
const FLUSH = 16_384
/** What a terminal or a page would not show as it is, and what stands before it here. */
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}\\]/gu

/** A file's name as people may read it, whatever bytes it has. Pure. @param bytes one unit for each */
export function shownName(bytes: string): string {
  const buffer = Buffer.from(bytes, 'latin1')
  const text = buffer.toString('utf8')
  const isText = Buffer.from(text, 'utf8').equals(buffer)
  const hex = (char: string, digits: number): string => (char.codePointAt(0) ?? 0).toString(16).padStart(digits, '0')
  if (!isText) return bytes.replace(/[^ -[\]-~]/g, (char) => `\\x${hex(char, 2)}`)
  return text.replace(UNSEEN, (char) => (char === '\\' ? '\\\\' : `\\u{${hex(char, 1)}}`))
}

/** "3.2 MiB". Pure. */
export function shownBytes(bytes: number): string {
  if (bytes >= 1024 * MIB) return `${(bytes / (1024 * MIB)).toFixed(1)} GiB`
  return `${(bytes / MIB).toFixed(1)} MiB`
}

/** Hears what is done. */
export interface Report {
  line(text: string): void
  /** A file is gone. @param folder from the host's root */
  deleted(folder: string, name: string, bytes: number): void
  /** Some were left alone; of one reason the largest count holds that one look had. */
  passed(reason: string, count: number): void
  /** One was left alone that was to go. */
  left(reason: string): void
  /** Nothing of a kind is deleted, since something is not known. @param why for the message of the whole, where it is the first */
  stuck(what: string, why: string): void
  /** What was not known first, and kept files from being deleted; "": nothing. */
  readonly whyStuck: string
  readonly files: number
  readonly bytes: number
  output(): { readonly output: string; readonly isOutputCut: boolean }
}

/** Holds 64 KiB at most. */
export function createReport(): Report {
  const kept = createKeptOutput()
  const counts = new Map<string, number>()
  let lines = ''
  const flush = (): void => {
    kept.take(Buffer.from(lines))
    lines = ''
  }
  const line = (text: string): void => {
    lines += `${text}\n`
    // To keep an end that moves costs its length each time.
    if (lines.length >= FLUSH) flush()
  }
  let [files, bytes] = [0, 0]
  let whyStuck = ''
  return {
    line,
    deleted(folder, name, size) {
      files++
      bytes += size
      line(`deleted ${shownName(folder)}/${shownName(name)}, ${shownBytes(size)}`)
    },
    passed: (reason, count) => void counts.set(reason, Math.max(count, counts.get(reason) ?? 0)),
    left: (reason) => void counts.set(reason, (counts.get(reason) ?? 0) + 1),
    stuck(what, why) {
      line(`${what}: nothing is deleted, since ${why}`)
      if (whyStuck === '') whyStuck = why
    },
    get whyStuck() {
      return whyStuck
    },
    get files() {
      return files
    },
    get bytes() {
      return bytes
    },
    output() {
      for (const [reason, count] of counts) line(`left alone: ${reason}, ${count}`)
      counts.clear()
      flush()
      const { text, isCut } = kept.output()
      return { output: text, isOutputCut: isCut }
    },
  }
}
