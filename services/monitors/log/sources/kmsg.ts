/** The kernel's log as a stream of lines. */
import type { KernelCursor, KernelLogEvent, KernelRecord, Logs } from '#host'
import { JOURNAL_LOSSES } from './journal.ts'
import { hasFields } from './shape.ts'
import { toldLines } from './told-lines.ts'
import { trimBytes } from './trim.ts'
import type { LogLine, LogSource, SourceEvent, Unreadable } from './types.ts'

/** How it is read. */
export interface KernelLogSourceOptions {
  readonly logs: Pick<Logs, 'kernelLog'>
  /** When the machine was booted: the kernel's times count from then. */
  readonly bootTime: Date
  /** Lines that are not told. Default: none */
  readonly isSkipped?: (line: Buffer) => boolean
  /** Whether what programs wrote into it is passed by: any that may write there writes whatever it likes. Default false */
  readonly isKernelOnly?: boolean
}

/** Facility of what the kernel itself says: it gives it to no program that writes into its log. */
const KERNEL = 0

/** A cursor that was kept, or nothing where it is none of this source. */
function cursorOf(from: unknown): KernelCursor | 'start' {
  if (!hasFields(from, { bootId: 'string', sinceBootUs: 'number' })) return 'start'
  const { sequence } = from as Partial<KernelCursor>
  return sequence === null || typeof sequence === 'number' ? (from as unknown as KernelCursor) : 'start'
}

/** The boot that a line's key names. */
function bootOf(key: string): string {
  return key.slice(0, key.indexOf(' '))
}

/** A record as a line; undefined for one without text, as node-problem-detector drops it. */
function lineOf(record: KernelRecord, bootMs: number): LogLine | undefined {
  const { cursor, sinceBootUs, sequence, fields } = record
  const bytes = trimBytes(record.bytes)
  const whole = trimBytes(record.deviceText)
  if (whole.length === 0) return undefined
  return {
    bytes,
    at: new Date(bootMs + Math.floor(sinceBootUs / 1000)),
    // Read in a way that knows no numbers, lines of one microsecond are told apart by whoever counts them.
    key: `${cursor.bootId} ${sequence ?? `${sinceBootUs}us`}`,
    cursor,
    ...(bytes.equals(whole) ? {} : { alternate: whole }),
    ...(Object.keys(fields).length === 0 ? {} : { fields }),
  }
}

function unreadable({ error, isClosed = false }: Extract<KernelLogEvent, { kind: 'unreadable' }>): Unreadable {
  if (!isClosed) return { kind: 'unreadable', reason: error.message }
  const { path, code } = error
  const reason = `the kernel's log is closed to this process: ${path} (${code}), dmesg and the journal; run it as root or in the group systemd-journal, or give its container the node's journals or ${path}`
  return { kind: 'unreadable', reason, isClosed: true }
}

/** The kernel's log; lines with the fields of drivers have node-problem-detector's text as `alternate`. */
export function createKernelLogSource(options: KernelLogSourceOptions): LogSource {
  const { logs, bootTime, isSkipped = () => false, isKernelOnly = false } = options
  const bootMs = bootTime.getTime()

  async function* follow({ from, signal }: Parameters<LogSource['follow']>[0]): AsyncGenerator<SourceEvent> {
    for await (const event of logs.kernelLog({ signal, from: cursorOf(from) })) {
      if (event.kind === 'caught-up') yield { kind: 'caught-up', cursor: event.cursor }
      else if (event.kind === 'unreadable') yield unreadable(event)
      else if (event.kind === 'lost')
        yield {
          kind: 'lost',
          count: event.count,
          why: event.why === undefined ? 'overwritten before they were read' : JOURNAL_LOSSES[event.why],
        }
      else {
        const lines = event.records.flatMap((record) => {
          if (isKernelOnly && record.facility !== KERNEL) return []
          const line = lineOf(record, bootMs)
          return line === undefined || isSkipped(line.alternate ?? line.bytes) ? [] : [line]
        })
        const told = toldLines(
          event.records.map(({ cursor }) => cursor),
          lines,
        )
        if (told !== undefined) yield told
      }
    }
  }
  // A kernel log is one boot's.
  return { follow, isOfAnother: (key, line) => bootOf(key) !== bootOf(line.key) }
}
