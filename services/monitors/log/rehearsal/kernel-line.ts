/** A line of the kernel's log as it is saved: a record of /dev/kmsg, what dmesg prints, what syslog or the journal has. Pure. */
import { createTimes } from '../sources/line-format.ts'

/** What it says, and when. */
export interface KernelLine {
  readonly bytes: Buffer
  /** What counts since the boot counts from the beginning of 1970; undefined: it does not say. */
  readonly at: Date | undefined
}

/** `6,1234,5678901,-;text`; and what dmesg puts before a line: `[ 1234.567890] text`, `<6>[ 1234.567890][  T452] text`. */
const RECORD = /^\d+,\d+,(\d+),[^;]*;/
const PRINTED = /^(?:<\d+>)?\[ *(\d+)\.(\d{6})\](?:\[ *[TC]\d+\])? ?/

/** Times of the day before a line, each with Go's layout of it: dmesg -T, syslog, ISO 8601 with and without a zone. */
const DATED = [
  [/^(?:<\d+>)?\[(\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4})\] ?/, 'Mon Jan _2 15:04:05 2006'],
  [/^(\w{3} [ \d]\d \d\d:\d\d:\d\d(?:\.\d+)?) /, 'Jan _2 15:04:05'],
  [/^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:\d\d)) /, '2006-01-02T15:04:05Z07:00'],
  [/^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d+)?[+-]\d{4}) /, '2006-01-02T15:04:05-0700'],
  [/^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:\d\d)) /, '2006-01-02 15:04:05Z07:00'],
  [/^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d+)?) /, '2006-01-02T15:04:05'],
  [/^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:[.,]\d+)?) /, '2006-01-02 15:04:05'],
] as const

/** Who wrote it, behind a time: `node-1 kernel: `, `node-1 systemd[1]: `. Texts of drivers begin nearly so (`nvme nvme0: `). */
const WRITER = /^\S+ (?:kernel|[\w.@/-]+\[\d+\]): /

/** Any other line is as it stands. A time without a year is the nearest to now. */
export function createKernelLines(): (line: Buffer, now: Date) => KernelLine {
  const dated = DATED.map(([pattern, timestampFormat]) => ({ pattern, timeOf: createTimes({ timestampFormat }) }))

  function datedOf(head: string, now: Date): { readonly at: Date; readonly length: number } | undefined {
    for (const { pattern, timeOf } of dated) {
      const found = pattern.exec(head)
      const at = found?.[1] === undefined ? undefined : timeOf(found[1], now)
      if (found !== null && at !== undefined) return { at, length: found[0].length }
    }
    return undefined
  }

  return (line, now) => {
    const head = line.toString('latin1', 0, 400)
    const record = RECORD.exec(head)
    if (record !== null) return { bytes: line.subarray(record[0].length), at: new Date(Number(record[1]) / 1000) }
    const day = datedOf(head, now)
    const writer = day === undefined ? null : WRITER.exec(head.slice(day.length))
    const from = (day?.length ?? 0) + (writer?.[0].length ?? 0)
    const printed = PRINTED.exec(head.slice(from))
    const bytes = line.subarray(from + (printed?.[0].length ?? 0))
    if (printed === null || day !== undefined) return { bytes, at: day?.at }
    return { bytes, at: new Date(Number(printed[1]) * 1000 + Number(printed[2]) / 1000) }
  }
}
