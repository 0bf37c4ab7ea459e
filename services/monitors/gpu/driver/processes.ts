/** Processes of the host, as far as GPUs are concerned. */
import type { Clock } from '#clock'
import type { Host } from '#host'
import type { Reading } from '#monitor-kit/evaluate'
import { count, fields, observe } from '#monitor-kit/source'
import { PROGRAMS } from './programs.ts'

/** Of a kernel thread (include/linux/sched.h, PF_KTHREAD). */
const KERNEL_THREAD = 0x0020_0000
/** Below this load of the last minute no process can have been stuck for long: each adds 1 to it. */
const LOAD_MIN = 0.5
const SECOND_MS = 1000
/** USER_HZ, which every architecture of Node.js has. */
const TICKS = 100
/** So far off may be when a process began, of two ways to say it. */
const START_TOLERANCE_MS = 3000

/** A process. */
export interface Process {
  readonly pid: number
  readonly parent: number
  readonly name: string
  /** "R", "S", "D", "Z" … */
  readonly state: string
  readonly isKernelThread: boolean
  /** Clock ticks after the boot: with the pid it names the process. */
  readonly started: number
}

/** Of /proc/<pid>/stat; the name may hold spaces, parentheses and line breaks. Undefined where it makes no sense. */
export function parseStat(text: string): Process | undefined {
  const open = text.indexOf(' (')
  const close = text.lastIndexOf(') ')
  if (open < 1 || close < open) return undefined
  const rest = fields(text.slice(close + 2).trimEnd())
  const [pid, parent, flags, started] = [text.slice(0, open), rest[1], rest[6], rest[19]].map((one) => count(one))
  const state = rest[0]
  if (pid === undefined || parent === undefined || flags === undefined || started === undefined) return undefined
  if (state === undefined) return undefined
  const isKernelThread = Math.floor(flags / KERNEL_THREAD) % 2 === 1
  return { pid, parent, name: text.slice(open + 2, close), state, isKernelThread, started }
}

async function statOf(
  { files }: Pick<Host, 'files'>,
  pids: readonly number[],
): Promise<readonly (Process | undefined)[]> {
  const texts = await files.readEach(pids.map((pid) => `/proc/${pid}/stat`))
  return texts.map((text) => (text === undefined ? undefined : parseStat(text)))
}

/**
 * Processes of the driver that sleep where no signal reaches them; a thread of the kernel is none.
 * @param isSure whether to look at each process in any case; else only where the load gives reason to
 */
export function readStuck(host: Pick<Host, 'files'>, isSure: boolean): Promise<Reading<readonly Process[]>> {
  return observe(async () => {
    const load = Number((await host.files.readText('/proc/loadavg')).split(' ', 1)[0])
    if (!isSure && load < LOAD_MIN) return []
    const pids = (await host.files.list('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
    const all = (await statOf(host, pids)).filter((one) => one !== undefined)
    return all.filter(({ name, state, isKernelThread }) => state === 'D' && !isKernelThread && PROGRAMS.has(name))
  })
}

/** Which of these are not there, or have ended and only their parent does not know. */
export async function deadAmong(host: Pick<Host, 'files'>, pids: readonly number[]): Promise<readonly number[]> {
  const found = await statOf(host, pids)
  return pids.filter((_, index) => found[index] === undefined || found[index]?.state === 'Z')
}

/**
 * Whether a pid means the same to this process and to the host: only then who is not in the host's /proc is not there. It is told by
 * this process itself: it is there under its own pid, with its parent, and began when it began.
 */
export async function sharesPids(host: Pick<Host, 'files'>, clock: Pick<Clock, 'monotonicMs'>): Promise<boolean> {
  const [own] = await statOf(host, [process.pid]).catch(() => [])
  if (own === undefined || own.parent !== process.ppid) return false
  const beganMs = clock.monotonicMs() - process.uptime() * SECOND_MS
  return Math.abs((own.started / TICKS) * SECOND_MS - beganMs) < START_TOLERANCE_MS
}
