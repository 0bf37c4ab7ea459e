/** Which conditions are raised, in a file of the check's state folder, so that the next process and the next boot know. */
import { join } from 'node:path'
import { within } from '#clock'
import { FileTooLargeError, NotPlainFileError, readWhole, replaceFile } from '#durable'
import type { CheckContext } from '#monitor-kit'
import {
  BYTES_MAX,
  type Content,
  contentOf,
  type Doubt,
  NO_CONTENT,
  NOTHING,
  type Row,
  signatureOf,
  textOf,
} from './conditions-text.ts'
import { createQuestion } from './question.ts'
import type { Raised, Rule } from './types.ts'

const NAME = 'raised.json'
/** A disk that does not answer keeps nobody from saying that it does not. */
const WAIT_MS = 1_000
/** That it was seen again is written when so much of the time is over after which it would count as absent. */
const SHARE = 10
/** Of what is held for a minute that is written with each second. */
const HELD_STEP_MS = 1_000

type Around = Pick<CheckContext<unknown>, 'clock' | 'host' | 'log' | 'stateFolder'>

/** What ends the conditions of a rule. */
export type Ending = Pick<Rule, 'id' | 'condition'> & {
  readonly recovery: Pick<Rule['recovery'], 'absentMs' | 'reboot'>
}

/** What an earlier process left. */
export interface Recalled {
  readonly raised: readonly Raised[]
  /** Ids of rules that may have raised more. */
  readonly doubtful: readonly string[]
}

/** What is kept. */
export interface ToKeep {
  readonly raised: readonly Raised[]
  /** Rules of which it is not known what they have raised. Default: none */
  readonly doubts?: { readonly all: readonly string[] }
}

/** What is known over the life of a process. */
export interface ConditionsFile {
  /**
   * What an earlier process left; undefined: it cannot be read, and may be later. What is there and says nothing leaves all in doubt.
   * @param rules of those that a reboot ends nothing of another boot is there any more
   * @throws HostReadError where it is not known which boot this is: what was so before cannot be told from what is
   */
  recall(rules: readonly Ending[]): Promise<Recalled | undefined>
  /**
   * Writes them if they are others than before. Resolves when it is done, or hangs: it is written on then. Never rejects.
   * Nothing is written over what could not be read: that is not kept.
   * @returns whether it stands there; what does not is tried again by the next call
   */
  keep(what: ToKeep, rules: readonly Ending[]): Promise<boolean>
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
function withinWait<T>(clock: Around['clock'], promise: Promise<T>): Promise<T | undefined> {
  return within<T | undefined>(clock, promise, WAIT_MS, () => undefined)
}

/** It stays so, however often it is read. */
function isForGood(err: unknown): boolean {
  if (err instanceof SyntaxError || err instanceof FileTooLargeError || err instanceof NotPlainFileError) return true
  return err instanceof Error && 'code' in err && err.code === 'ELOOP'
}

/** When it was seen makes a difference. */
function asksWhen({ isHeld }: Pick<Raised, 'isHeld'>, absentMs: number): boolean {
  return isHeld === true || absentMs > 0
}

function doubtOf({ id: ruleId, condition }: Ending): readonly Doubt[] {
  return condition === undefined ? [] : [{ ruleId, type: condition }]
}

/** Of a rule that is another one by now each of its type may have raised something. @returns ids of rules */
function doubtfulIds(doubts: readonly Doubt[], rules: readonly Ending[]): readonly string[] {
  const isOne = ({ ruleId, type }: Doubt, { id, condition }: Ending): boolean =>
    rules.some((rule) => rule.id === ruleId) ? id === ruleId : condition === type
  return rules.filter((rule) => doubts.some((doubt) => isOne(doubt, rule))).map(({ id }) => id)
}

/** What a content says, as of now: within a boot the wall clock of then counts, which may have been set since. */
function recalledOf(
  content: Content,
  rules: readonly Ending[],
  isOtherBoot: boolean,
  clock: Around['clock'],
): Recalled {
  const { rows, doubtful = rules.flatMap(doubtOf), clockMs } = content
  const endsByReboot = new Set(rules.filter(({ recovery }) => recovery.reboot).map(({ id }) => id))
  const aheadMs = isOtherBoot ? undefined : clockMs
  const nowMs = aheadMs === undefined ? clock.now().getTime() : aheadMs + clock.monotonicMs()
  const recalled = ({ seenMs, ...row }: Row) => ({
    ...row,
    seenMonoMs: clock.monotonicMs() - Math.max(0, nowMs - seenMs),
  })
  const isOver = (ruleId: string): boolean => isOtherBoot && endsByReboot.has(ruleId)
  return {
    raised: rows.filter(({ ruleId }) => !isOver(ruleId)).map(recalled),
    doubtful: doubtfulIds(doubtful, rules).filter((id) => !isOver(id)),
  }
}

/** Reads it. @returns a function that does: undefined where it cannot be read now */
function createContentReader(path: () => Promise<string>, { clock, log }: Pick<Around, 'clock' | 'log'>) {
  let hasFailed = false

  function failed(err: unknown): void {
    if (!hasFailed) log.warn('check cannot recall which conditions are raised', { err })
    hasFailed = true
  }

  async function contentThere(): Promise<Content> {
    return contentOf((await readWhole(await path(), BYTES_MAX))?.toString() ?? NOTHING)
  }

  const ask = createQuestion(clock, contentThere)

  return async (): Promise<Content | undefined> => {
    try {
      return await ask()
    } catch (err) {
      failed(err)
      return isForGood(err) ? NO_CONTENT : undefined
    }
  }
}

export function createConditionsFile({ clock, host, log, stateFolder }: Around): ConditionsFile {
  let boot = ''
  let isRead = false
  const path = async () => join(await stateFolder(), NAME)
  const writer = createWriter(path, log)
  const readContent = createContentReader(path, { clock, log })

  function rowOf({ seenMonoMs, ...raised }: Raised, rules: readonly Ending[]): Row {
    const { absentMs = 0 } = rules.find(({ id }) => id === raised.ruleId)?.recovery ?? {}
    const seenMs = clock.now().getTime() - (clock.monotonicMs() - seenMonoMs)
    const step = raised.isHeld === true ? HELD_STEP_MS : Math.max(1, absentMs / SHARE)
    // Rounded up: who is told so waits a little longer, never shorter.
    return { ...raised, seenMs: asksWhen(raised, absentMs) ? Math.ceil(seenMs / step) * step : 0 }
  }

  return {
    async recall(rules) {
      boot = await host.bootId()
      const content = await readContent()
      if (content === undefined) return undefined
      const { bootId, rows, doubtful } = content
      isRead = true
      const isOtherBoot = bootId !== '' && bootId !== boot
      // Of this boot there is something else to be written, where it is of another, or of none.
      writer.stands(isOtherBoot || doubtful === undefined ? '' : signatureOf(rows, doubtful))
      return recalledOf(content, rules, isOtherBoot, clock)
    },
    async keep({ raised, doubts }, rules) {
      if (!isRead) return false
      const rows = raised.map((one) => rowOf(one, rules))
      const doubtful = rules.filter(({ id }) => doubts?.all.includes(id)).flatMap(doubtOf)
      const signature = signatureOf(rows, doubtful)
      if (writer.has(signature)) return true
      const clockMs = clock.now().getTime() - clock.monotonicMs()
      const text = textOf(rows, { bootId: boot, clockMs, ...(doubtful.length > 0 && { doubtful }) })
      await withinWait(clock, writer.put({ signature, text }))
      return writer.has(signature)
    },
  }
}
