/** The end of a plug-in, where it was asked for: Stop twice at once, and its return to the same path. */
import { mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Clock } from '#clock'
import { createHost } from '#host'
import { cleanText } from '#model'
import { ExternalMonitorService } from '#proto/npd/external/v1/external_monitor.ts'
import { probeSocket } from '#rpc'
import { fileAt, type Line } from './line.ts'
import type { Asked, EndFacts, Facts, RestartFacts } from './types.ts'

/** How long it may take to come back. */
const BACK_MS = 30_000
/** How long a supervisor has after Stop. */
const SUPERVISED_MS = 5000
/** How long it has to take its file away. */
const REMOVE_MS = 500
/** How often its socket is looked at. */
const LOOK_MS = 50

const NOT_STOPPED = 'Stop ends the plug-in: ask for it with --stop'
const NOT_RESTARTED = 'give the command that starts it anew with --restart COMMAND'

/** What it speaks. */
type Spoken = Pick<Facts, 'external' | 'monitor'>

/** Looks until it is so. @returns whether it was, in time */
async function until(clock: Clock, limitMs: number, isSo: () => Promise<boolean>): Promise<boolean> {
  const untilMs = clock.monotonicMs() + limitMs
  while (!(await isSo())) {
    if (clock.monotonicMs() >= untilMs) return false
    await clock.sleep(LOOK_MS)
  }
  return true
}

/** Leaves a socket there that nobody listens on, as a killed process does. */
async function leaveStale(path: string): Promise<void> {
  const folder = await mkdtemp(join(dirname(path), '.stale-'))
  const server = createServer()
  const made = join(folder, 's')
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(made, resolve)
    })
    await rename(made, path)
  } finally {
    await new Promise((resolve) => server.close(resolve))
    await rm(folder, { recursive: true, force: true })
  }
}

/**
 * The command in a session of its own, so that what it leaves running is not ended with it; what that says later goes into a file
 * that nobody reads any more, not into a pipe that nobody holds.
 */
const IN_SESSION = ['--wait', '/bin/sh', '-c', 'exec </dev/null >"$1" 2>&1; eval "$2"', 'sh'] as const

/** Runs the person's own command line, as a shell does. @returns why that did not work; "": it did */
async function runCommand(command: string): Promise<string> {
  const { programs } = createHost({ root: '' })
  const folder = await mkdtemp(join(tmpdir(), 'node-doctor-restart-'))
  const output = join(folder, 'output')
  const surroundings = { timeoutMs: BACK_MS, cwd: process.cwd(), wholeEnv: process.env }
  try {
    const ran = await programs.run('setsid', [...IN_SESSION, output, command], surroundings)
    if (ran.timedOut) return `the command did not end within ${BACK_MS / 1000} s`
    if (ran.exitCode === 0) return ''
    const said = (await readFile(output, 'utf8').catch(() => '')).trim()
    return `the command ended with ${ran.exitCode ?? ran.signal}${said === '' ? '' : `: ${cleanText(said, 200)}`}`
  } catch (err) {
    return err instanceof Error ? err.message : String(err)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Waits until another process answers than the one before. */
async function whenBack(line: Line, path: string, before: string, limitMs: number): Promise<number | undefined> {
  const beganMs = line.clock.monotonicMs()
  const isBack = async () => {
    const file = await fileAt(path)
    return file !== '' && file !== before && (await probeSocket(path)) === 'answered'
  }
  if (!(await until(line.clock, limitMs, isBack))) return undefined
  return line.clock.monotonicMs() - beganMs
}

/** After Stop, or while it runs, by the command or by a supervisor. */
async function restart(line: Line, options: Asked, isOver: boolean): Promise<RestartFacts> {
  const { socket, restart: command, timeoutMs } = options
  if (command === undefined && !isOver) return { kind: 'not-tried', why: NOT_RESTARTED }
  const isOurs = command !== undefined && isOver && (await fileAt(socket)) === ''
  if (isOurs) await leaveStale(socket)
  const wasStale = isOver && (await probeSocket(socket)) !== 'answered' && (await fileAt(socket)) !== ''
  const before = isOver && !wasStale ? '' : await fileAt(socket)
  const fault = command === undefined ? '' : await runCommand(command)
  const limitMs = command === undefined ? Math.min(timeoutMs, SUPERVISED_MS) : BACK_MS
  const ms = fault === '' ? await whenBack(line, socket, before, limitMs) : undefined
  if (ms !== undefined) return { kind: 'back', ms, wasStale }
  if (isOurs && (await fileAt(socket)) === before) await rm(socket, { force: true })
  if (fault !== '') return { kind: 'failed', why: fault }
  if (command === undefined) return { kind: 'not-tried', why: `nobody started it again after Stop: ${NOT_RESTARTED}` }
  const found = wasStale ? 'nobody took over the socket that was left' : 'nobody but the one before listens'
  return { kind: 'failed', why: `${found} at ${socket} ${BACK_MS / 1000} s after the command` }
}

/** Where it can be asked at all. */
export async function askEnd(line: Line, options: Asked, spoken: Spoken): Promise<EndFacts> {
  const { socket, stop } = options
  const hasStop = spoken.external !== undefined
  if (!hasStop && spoken.monitor === undefined) {
    const why = 'it speaks no protocol'
    const nothing = { stops: [{ kind: 'not-asked', why } as const], isOver: false, isFileLeft: false }
    return { ...nothing, restart: { kind: 'not-tried', why } }
  }
  if (!stop || !hasStop) {
    const why = hasStop ? NOT_STOPPED : 'nodedoctor.v1 has no Stop'
    const end = { stops: [{ kind: 'not-asked', why } as const], isOver: false, isFileLeft: false }
    return { ...end, restart: await restart(line, options, false) }
  }
  const before = await fileAt(socket)
  const ask = () => line.ask(ExternalMonitorService.stop, {})
  const stops = await Promise.all([ask(), ask()])
  const isGone = async () => (await fileAt(socket)) !== before || (await probeSocket(socket)) !== 'answered'
  const isOver = await until(line.clock, options.timeoutMs, isGone)
  // Who ends in order listens no more before it takes its file away.
  const isFileLeft = isOver && !(await until(line.clock, REMOVE_MS, async () => (await fileAt(socket)) !== before))
  return { stops, isOver, isFileLeft, restart: await restart(line, options, isOver) }
}
