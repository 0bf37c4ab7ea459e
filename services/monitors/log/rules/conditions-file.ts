/** Which conditions are raised, in a file of the check's state folder, so that the next process and the next boot know. */
import { join } from 'node:path'
import { readWhole, replaceFile } from '#durable'
import { MAX_MESSAGE, SEVERITIES, type Severity, wholeText } from '#model'
import type { CheckContext } from '#monitor-kit'
import type { Raised, Rule } from './types.ts'

const NAME = 'raised.json'
/** Room for more than ten thousand conditions; of their messages as much as is told. */
const BYTES_MAX = 4 * 1024 * 1024
/** A disk that does not answer keeps nobody from saying that it does not. */
const WAIT_MS = 1_000
/** That it was seen again is written when so much of the time is over after which it would count as absent. */
const SHARE = 10

type Around = Pick<CheckContext<unknown>, 'clock' | 'host' | 'log' | 'stateFolder'>

/** A raised condition with its time on the wall clock, which outlives a reboot. */
type Row = Omit<Raised, 'seenMonoMs'> & { readonly seenMs: number }

/** What ends the conditions of a rule. */
export type Ending = Pick<Rule, 'id'> & { readonly recovery: Pick<Rule['recovery'], 'absentMs' | 'reboot'> }

/** What an earlier process left. */
export interface Recalled {
  readonly raised: readonly Raised[]
  /** There was room for all of them. */
  readonly isAll: boolean
}

/** What is known over the life of a process. */
export interface ConditionsFile {
  /**
   * What an earlier process left; undefined: it cannot be known.
   * @param rules of those that a reboot ends nothing of another boot is there any more
   * @throws HostReadError where it is not known which boot this is: what was so before cannot be told from what is
   */
  recall(rules: readonly Ending[]): Promise<Recalled | undefined>
  /**
   * Writes them if they are others than before. Resolves when it is done, or hangs: it is written on then. Never rejects.
   * @returns whether it stands there; what does not is tried again by the next call
   */
  keep(raised: readonly Raised[], rules: readonly Ending[]): Promise<boolean>
}

function isRow(value: unknown): value is Row {
  if (typeof value !== 'object' || value === null) return false
  const { type, entity, ruleId, reason, message, severity, sinceMs, seenMs } = value as Partial<
    Record<keyof Row, unknown>
  >
  return (
    [type, entity, ruleId, reason, message].every((text) => typeof text === 'string') &&
    SEVERITIES.includes(severity as Severity) &&
    Number.isFinite(sinceMs) &&
    Number.isFinite(seenMs)
  )
}

function signatureOf(rows: readonly Row[]): string {
  return JSON.stringify(rows.map(({ message: _words, ...row }) => row))
}

/** Of a file that nobody has written. */
const NOTHING = '{"bootId":"","raised":[]}'

interface Content {
  readonly bootId: string
  readonly rows: readonly Row[]
  readonly isAll: boolean
  /** By how much the wall clock was ahead of the monotonic one. */
  readonly clockMs: number | undefined
}

function contentOf(text: string): Content {
  const value = JSON.parse(text) as Readonly<Partial<Record<'bootId' | 'raised' | 'isAll' | 'clockMs', unknown>>>
  const rows: readonly unknown[] = Array.isArray(value.raised) ? value.raised : []
  return {
    bootId: typeof value.bootId === 'string' ? value.bootId : '',
    rows: rows.filter(isRow),
    isAll: value.isAll !== false,
    clockMs: Number.isFinite(value.clockMs) ? (value.clockMs as number) : undefined,
  }
}

interface Wanted {
  readonly text: string
  readonly signature: string
}

/** Writes what is wanted last, one at a time. @param signature of what stands there */
function createWriter(path: () => Promise<string>, log: Around['log']) {
  let written = signatureOf([])
  let wanted: Wanted | undefined
  let writing: Promise<void> | undefined
  const fault = { isOne: false }

  async function write(): Promise<void> {
    while (wanted !== undefined) {
      const { text, signature } = wanted
      try {
        await replaceFile(await path(), text, { mode: 0o600, sync: true })
        written = signature
        if (wanted.signature === signature) wanted = undefined
        fault.isOne = false
      } catch (err) {
        if (!fault.isOne) log.warn('check cannot keep which conditions are raised', { err })
        fault.isOne = true
        return
      }
    }
  }

  return {
    /** That stands there, and nothing else is being written. */
    has: (signature: string) => wanted === undefined && written === signature,
    stands(signature: string): void {
      written = signature
    },
    /** What cannot be written stays wanted: it is tried again with the next. */
    put(one: Wanted): Promise<void> {
      wanted = one
      writing ??= write().finally(() => {
        writing = undefined
      })
      return writing
    },
  }
}

/** What comes too late is as if it had not come. */
async function withinWait<T>(clock: Around['clock'], promise: Promise<T>): Promise<T | undefined> {
  const over = new AbortController()
  const late = clock.sleep(WAIT_MS, over.signal).then(
    () => undefined,
    () => undefined,
  )
  try {
    return await Promise.race([promise, late])
  } finally {
    over.abort()
  }
}

/** With as much of each message as there is room for; where the rows alone have none, the last are left out, and it says so. */
function textOf(rows: readonly Row[], about: object): string {
  for (const bytes of [MAX_MESSAGE, 100, 0]) {
    const raised = rows.map((row) => ({ ...row, message: wholeText(row.message, bytes) }))
    const text = JSON.stringify({ ...about, raised })
    if (Buffer.byteLength(text) <= BYTES_MAX) return text
  }
  return textOf(rows.slice(0, Math.floor(rows.length / 2)), { ...about, isAll: false })
}

export function createConditionsFile({ clock, host, log, stateFolder }: Around): ConditionsFile {
  let boot = ''
  const path = async () => join(await stateFolder(), NAME)
  const writer = createWriter(path, log)

  function rowOf({ seenMonoMs, ...raised }: Raised, rules: readonly Ending[]): Row {
    const { absentMs = 0 } = rules.find(({ id }) => id === raised.ruleId)?.recovery ?? {}
    const seenMs = clock.now().getTime() - (clock.monotonicMs() - seenMonoMs)
    const step = Math.max(1, absentMs / SHARE)
    // Rounded up: who is told so waits a little longer, never shorter.
    return { ...raised, seenMs: absentMs === 0 ? 0 : Math.ceil(seenMs / step) * step }
  }

  async function read(rules: readonly Ending[]): Promise<Recalled> {
    const content = contentOf((await readWhole(await path(), BYTES_MAX))?.toString() ?? NOTHING)
    const { bootId, rows, isAll, clockMs } = content
    const isOtherBoot = bootId !== '' && bootId !== boot
    const endsByReboot = new Set(rules.filter(({ recovery }) => recovery.reboot).map(({ id }) => id))
    writer.stands(isOtherBoot ? bootId : signatureOf(rows))
    // Within a boot the wall clock of then counts: it may have been set since.
    const aheadMs = isOtherBoot ? undefined : clockMs
    const nowMs = aheadMs === undefined ? clock.now().getTime() : aheadMs + clock.monotonicMs()
    const recalled = ({ seenMs, ...row }: Row) => ({
      ...row,
      seenMonoMs: clock.monotonicMs() - Math.max(0, nowMs - seenMs),
    })
    return { isAll, raised: rows.filter(({ ruleId }) => !(isOtherBoot && endsByReboot.has(ruleId))).map(recalled) }
  }

  return {
    async recall(rules) {
      boot = await host.bootId()
      try {
        return await withinWait(clock, read(rules))
      } catch (err) {
        log.warn('check cannot recall which conditions are raised', { err })
        return undefined
      }
    },
    async keep(raised, rules) {
      const rows = raised.map((one) => rowOf(one, rules))
      const signature = signatureOf(rows)
      if (writer.has(signature)) return true
      const clockMs = clock.now().getTime() - clock.monotonicMs()
      await withinWait(clock, writer.put({ signature, text: textOf(rows, { bootId: boot, clockMs }) }))
      return writer.has(signature)
    },
  }
}
