/** A record of the kernel's log, as /dev/kmsg and dmesg have it (Documentation/ABI/testing/dev-kmsg). Pure. */
import type { KernelRecord } from './types.ts'

/** What a record says of itself; where it stands is the reader's to know. */
export type ParsedRecord = Omit<KernelRecord, 'cursor'>

/** "6,339,5140900,-;NET: Registered protocol family 10": priority, sequence, microseconds, flags, whatever comes later. */
const HEAD = /^(\d{1,10}),(\d{1,16}),(\d{1,16})(?:,[^;]*)?;/
/** `<6>[37251.236469] loop0: detected`, as `dmesg -S -r` says it; `<6>[37251.236469][  T452] loop0: detected` of a kernel with CONFIG_PRINTK_CALLER. */
const DMESG = /^<(\d{1,10})>\[ *(\d{1,12})\.(\d{6})\](?:\[ *[TC]\d{1,10}\])? ?/
/** " SUBSYSTEM=acpi" */
const FIELD = /^ ([^=]+)=(.*)$/
const FIELDS_MAX = 32

/** The kernel writes what cannot be printed, and "\", as `\x1b`. */
function unescaped(text: string): Buffer {
  const bytes = text.includes('\\')
    ? text.replaceAll(/\\x([0-9a-f]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
    : text
  return Buffer.from(bytes, 'latin1')
}

function priority(text: string | undefined): { facility: number; level: number } {
  const number = Number(text)
  return { facility: Math.floor(number / 8), level: number % 8 }
}

/**
 * One record of /dev/kmsg: its line, and the lines of its fields, each with " " in front.
 * @param text its bytes as Latin-1 @returns undefined for any other text
 */
export function parseKernelRecord(text: string): ParsedRecord | undefined {
  const head = HEAD.exec(text)
  if (head === null) return undefined
  const said = text.slice(head[0].length)
  const [line = '', ...rest] = said.split('\n')
  const fields: Record<string, string> = {}
  for (const each of rest.slice(0, FIELDS_MAX)) {
    const [, name, value] = FIELD.exec(each) ?? []
    if (name !== undefined && value !== undefined) fields[name] = unescaped(value).toString('utf8')
  }
  const [, number, sequence, sinceBootUs] = head
  return {
    ...priority(number),
    sequence: Number(sequence),
    sinceBootUs: Number(sinceBootUs),
    bytes: unescaped(line),
    fields: Object.freeze(fields),
    deviceText: Buffer.from(said.replace(/\n$/, ''), 'latin1'),
  }
}

/** Whether they may be two lines of one record: all of its lines have its head in front. */
export function mayBeOne(before: ParsedRecord | undefined, { sinceBootUs, facility, level }: ParsedRecord): boolean {
  return before?.sinceBootUs === sinceBootUs && before.facility === facility && before.level === level
}

/** One line of `dmesg -S -r`. @param text its bytes as Latin-1 @returns undefined for any other text */
export function parseDmesgLine(text: string): ParsedRecord | undefined {
  const head = DMESG.exec(text)
  if (head === null) return undefined
  const [, number, seconds, micros] = head
  const bytes = Buffer.from(text.slice(head[0].length), 'latin1')
  return {
    ...priority(number),
    sequence: null,
    sinceBootUs: Number(seconds) * 1_000_000 + Number(micros),
    bytes,
    fields: {},
    deviceText: bytes,
  }
}
