/** `log-counter`: whether the journal of a program has a line as often as is too often. */
import { within } from '#clock'
import { quote } from '#golang'
import { type Child, type ChildExit, HostExecError } from '#host'
import { withFlags } from '../flagged.ts'
import type { Tool, ToolAround, ToolResult } from '../tool.ts'
import { createLineCount, type LineCount } from './count.ts'
import { type JournalLine, parseJournalLine } from './journal-line.ts'
import { FLAGS, startMs } from './options.ts'

/** A line of the journal with its fields in JSON, where a byte that is no text takes four characters. */
const LINE_BYTES = 1_048_576
const STOP_MS = 300
/** What is there so long after SIGKILL sleeps where no signal reaches it. */
const KILLED_MS = 400

type Values = Parameters<Parameters<typeof withFlags<typeof FLAGS>>[3]>[0]['values']

/** What it reads by. @returns what ends it with an error, before anything is read */
async function whyNot({ 'journald-source': source, 'log-path': path }: Values, { host }: ToolAround): Promise<string> {
  try {
    const isThere = path === '' || (await host.files.exists(path))
    if (!isThere) return `failed to stat the log path ${quote(path)}: stat ${path}: no such file or directory`
  } catch (err) {
    return `failed to stat the log path ${quote(path)}: ${(err as Error).message}`
  }
  return source === '' ? 'failed to filter journal log, empty source is not allowed' : ''
}

/** Arguments of `journalctl`. It tells whole seconds apart, and we the rest. */
function journalArgs({ 'journald-source': source, 'log-path': path }: Values, fromMs: number): readonly string[] {
  const since = `--since=@${Math.floor(fromMs / 1000)}`
  const where = path === '' ? [] : [`--directory=${path}`]
  return ['--quiet', '--no-pager', '--all', '--output=json', since, ...where, `SYSLOG_IDENTIFIER=${source}`]
}

/** Of what it logs, what it could not read is a warning; on standard error, whatever its environment wishes. */
const LOGS = { SYSTEMD_LOG_LEVEL: 'warning', SYSTEMD_LOG_TARGET: 'console' } as const

/** So many lines of it are kept: of more nobody knows what they say. */
const SAID_MAX = 256
/** What it passes over, and ends well all the same (journal-util.c of systemd); of one that is too new it says in a second line how to see more. */
const PASSED_OVER = /^Journal file (\/.+) (?:is truncated|corrupted|uses an unsupported feature), ignoring file\.$/
const MORE = /^Use SYSTEMD_LOG_LEVEL=debug journalctl /
/** A look at a file takes less than a millisecond, and a helper that is called off has a second. */
const LOOK_MS = 500
/** What is written is a moment later than what stands in it says, and the time of a file than what is written. */
const WRITTEN_MS = 60_000

/** What of its words says that something of the time since then may not have been read: "" for nothing. */
async function unreadOf(said: readonly string[], fromMs: number, { host }: ToolAround): Promise<string> {
  async function isOlder(path: string | undefined): Promise<boolean> {
    if (path === undefined) return false
    const written = await host.files.modified(path, { timeoutMs: LOOK_MS }).catch(() => undefined)
    return written !== undefined && written.getTime() < fromMs - WRITTEN_MS
  }
  if (said.length >= SAID_MAX) return said.at(-1) ?? ''
  for (const text of said) if (!MORE.test(text) && !(await isOlder(PASSED_OVER.exec(text)?.[1]))) return text
  return ''
}

/** What is done with each line, until one says that it is enough. */
type Take = (line: JournalLine) => 'more' | 'enough'

/** The journal could not be read to its end. */
class JournalError extends Error {
  override readonly name = 'JournalError'
  readonly code = 'JOURNAL_UNREAD'
}

function endText({ code, signal }: ChildExit): string {
  return signal === null ? `ended with ${code}` : `was ended by ${signal}`
}

/** Ends what reads the journal. What does not end by that is left behind: the journal lies on a disk that hangs. */
async function end(journal: Child, { clock, onAbandoned }: ToolAround): Promise<void> {
  const ended = journal.stop(STOP_MS).then(() => true)
  if (await within(clock, ended, STOP_MS + KILLED_MS, () => false)) return
  journal.leave()
  onAbandoned?.({ pid: journal.pid, ended: journal.exited.then(() => undefined) })
}

/**
 * Reads the journal to its end, which is that of journalctl, or to a line that is enough. (node-problem-detector takes a second without a
 * line for the end, also where it still seeks the first.)
 * @returns what it says on standard error: of what it passed over, and ended well all the same
 * @throws JournalError, what starting it throws, or the signal's reason
 */
async function readJournal(args: readonly string[], around: ToolAround, take: Take): Promise<readonly string[]> {
  const { host, env, signal } = around
  const { promise: enough, resolve } = Promise.withResolvers<void>()
  let isOver = false
  const said: string[] = []
  function over(): void {
    isOver = true
    resolve()
  }
  function onLine(text: string, stream: 'stdout' | 'stderr'): void {
    if (stream === 'stderr' && text.trim() !== '') said[Math.min(said.length, SAID_MAX - 1)] = text.trim()
    const line = stream === 'stdout' && !isOver ? parseJournalLine(text) : undefined
    if (line !== undefined && take(line) === 'enough') over()
  }
  const journal = await host.programs.start('journalctl', args, {
    env: { ...env, ...LOGS },
    onLine,
    maxLineBytes: LINE_BYTES,
    dieWithParent: false,
  })
  signal.addEventListener('abort', over, { once: true })
  if (signal.aborted) over()
  const exit = await Promise.race([enough, journal.exited])
  signal.removeEventListener('abort', over)
  if (isOver || exit === undefined) await end(journal, around)
  else if (exit.code !== 0) throw new JournalError(`journalctl ${endText(exit)}: ${said.at(-1) ?? 'it says nothing'}`)
  signal.throwIfAborted()
  return said
}

const failed = (exitCode: 2 | 255, said: { stdout?: string; stderr?: string }): ToolResult => {
  return { exitCode, stdout: said.stdout ?? '', stderr: said.stderr ?? '' }
}

async function counted(values: Values, fromMs: number, around: ToolAround): Promise<ToolResult> {
  const beganUs = BigInt(around.clock.now().getTime()) * 1000n
  const fromUs = BigInt(Math.ceil(fromMs * 1000))
  let lines: LineCount | undefined
  let fault: unknown
  const said = await readJournal(journalArgs(values, fromMs), around, ({ atUs, message }) => {
    if (atUs > beganUs) return 'enough'
    if (atUs < fromUs) return 'more'
    try {
      // An expression that is none is so from the first line on.
      lines ??= createLineCount(values.pattern, values['revert-pattern'])
      lines.push(message)
      return 'more'
    } catch (err) {
      fault = err
      return 'enough'
    }
  })
  if (fault !== undefined) return failed(2, { stderr: `panic: ${(fault as Error).message}\n` })
  const count = lines?.count ?? 0
  if (count < values.count) {
    const unread = await unreadOf(said, fromMs, around)
    if (unread !== '') throw new JournalError(`journalctl has not read all of it: ${unread}`)
    return { exitCode: 0, stdout: '', stderr: '' }
  }
  const stdout = `Found ${count} matching logs, which meets the threshold of ${values.count}\n`
  return { exitCode: 1, stdout, stderr: '' }
}

async function run(values: Values, around: ToolAround): Promise<ToolResult> {
  const nowMs = around.clock.now().getTime()
  let fromMs: number
  try {
    fromMs = startMs(nowMs, Math.floor(around.uptimeSeconds()), values.lookback, values.delay)
  } catch (err) {
    return failed(255, { stderr: `failed to get start time: ${(err as Error).message}\n` })
  }
  const why = await whyNot(values, around)
  if (why !== '') return failed(2, { stdout: `error watching journald: ${why}` })
  try {
    return await counted(values, fromMs, around)
  } catch (err) {
    around.signal.throwIfAborted()
    if (err instanceof JournalError) return failed(2, { stdout: `error watching journald: ${err.message}` })
    if (!(err instanceof HostExecError)) throw err
    return failed(2, { stdout: `error watching journald: failed to create journal client: ${err.message}` })
  }
}

/** The program, as a function. */
export const logCounter: Tool = (words, around) =>
  withFlags('log-counter', FLAGS, words, ({ values }) => run(values, around))
