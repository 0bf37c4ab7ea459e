/** Which conditions are raised, in a file of the check's state folder, so that the next process and the next boot know. */
import { join } from 'node:path'
import { readWhole, replaceFile } from '#durable'
import { SEVERITIES, type Severity } from '#model'
import type { CheckContext } from '#monitor-kit'
import type { Raised, Rule } from './types.ts'

const NAME = 'raised.json'
const BYTES_MAX = 1024 * 1024
/** A disk that does not answer keeps nobody from saying that it does not. */
const WAIT_MS = 1_000
/** That it was seen again is written when so much of the time is over after which it would count as absent. */
const SHARE = 10

type Around = Pick<CheckContext<unknown>, 'clock' | 'host' | 'log' | 'stateFolder'>

/** A raised condition with its time on the wall clock, which outlives a reboot. */
type Row = Omit<Raised, 'seenMonoMs'> & { readonly seenMs: number }

/** What is known over the life of a process. */
export interface ConditionsFile {
  /**
   * What an earlier process left; undefined: it cannot be known.
   * @param rules of those that a reboot ends nothing of another boot is there any more
   * @throws HostReadError where it is not known which boot this is: what was so before cannot be told from what is
   */
  recall(rules: readonly Rule[]): Promise<readonly Raised[] | undefined>
  /** Writes them if they are others than before. Resolves when it is done, or hangs: it is written on then. Never rejects. */
  keep(raised: readonly Raised[], rules: readonly Rule[]): Promise<void>
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
}

function contentOf(text: string): Content {
  const value = JSON.parse(text) as { readonly bootId?: unknown; readonly raised?: unknown }
  const rows: readonly unknown[] = Array.isArray(value.raised) ? value.raised : []
  return { bootId: typeof value.bootId === 'string' ? value.bootId : '', rows: rows.filter(isRow) }
}

/** Writes what is wanted last, one at a time. */
function createWriter(path: () => Promise<string>, log: Around['log']) {
  let written: string | undefined
  let wanted: string | undefined
  let writing: Promise<void> | undefined
  const fault = { isOne: false }

  async function write(): Promise<void> {
    while (wanted !== written) {
      const text = wanted ?? NOTHING
      try {
        await replaceFile(await path(), text, { mode: 0o600, sync: true })
        written = text
        fault.isOne = false
      } catch (err) {
        if (!fault.isOne) log.warn('check cannot keep which conditions are raised', { err })
        fault.isOne = true
        return
      }
    }
  }

  return (text: string): Promise<void> => {
    wanted = text
    writing ??= write().finally(() => {
      writing = undefined
    })
    return writing
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

export function createConditionsFile({ clock, host, log, stateFolder }: Around): ConditionsFile {
  let signature = '[]'
  let boot = ''
  const path = async () => join(await stateFolder(), NAME)
  const write = createWriter(path, log)

  function rowOf({ seenMonoMs, ...raised }: Raised, rules: readonly Rule[]): Row {
    const { absentMs = 0 } = rules.find(({ id }) => id === raised.ruleId)?.recovery ?? {}
    const seenMs = clock.now().getTime() - (clock.monotonicMs() - seenMonoMs)
    const step = Math.max(1, absentMs / SHARE)
    // Rounded up: who is told so waits a little longer, never shorter.
    return { ...raised, seenMs: absentMs === 0 ? 0 : Math.ceil(seenMs / step) * step }
  }

  function recalled({ seenMs, ...row }: Row): Raised {
    return { ...row, seenMonoMs: clock.monotonicMs() - Math.max(0, clock.now().getTime() - seenMs) }
  }

  async function read(rules: readonly Rule[]): Promise<readonly Raised[]> {
    const content = contentOf((await readWhole(await path(), BYTES_MAX))?.toString() ?? NOTHING)
    const isOtherBoot = content.bootId !== '' && content.bootId !== boot
    const endsByReboot = new Set(rules.filter(({ recovery }) => recovery.reboot).map(({ id }) => id))
    if (!isOtherBoot) signature = signatureOf(content.rows)
    return content.rows.filter(({ ruleId }) => !(isOtherBoot && endsByReboot.has(ruleId))).map(recalled)
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
      const changed = signatureOf(rows)
      if (changed === signature) return
      signature = changed
      await withinWait(clock, write(JSON.stringify({ bootId: boot, raised: rows })))
    },
  }
}
