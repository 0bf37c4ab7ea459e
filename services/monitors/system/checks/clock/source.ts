/** Whether the kernel's clock is kept right, and how long the machine has been up. */

import { type Host, HostExecError } from '#host'
import { observed, type Reading, unobserved } from '#monitor-kit/evaluate'
import { complete, decimal, observe, understood } from '#monitor-kit/source'

/** The kernel's own word (adjtimex(2)), whichever time service there is. */
export interface KernelClock {
  readonly source: 'kernel'
  readonly synchronised: boolean
  /** How wrong it may be: grows by 0.5 ms a second while no time service answers. */
  readonly maxErrorMs: number
  /** What is left to correct. */
  readonly offsetMs: number
}

/** All that can be told without the kernel: systemd-timesyncd has set the clock at least once since boot. */
export interface SetOnce {
  readonly source: 'timesyncd'
}

export interface ClockReading {
  readonly state: Reading<KernelClock | SetOnce>
  /** Time since boot, with the time that the machine was suspended. */
  readonly uptimeMs: Reading<number>
}

/** Number of adjtimex in the system call tables of 64-bit Linux, by Node's name of the architecture. */
const ADJTIMEX: Readonly<Record<string, number>> = {
  x64: 159,
  arm64: 171,
  riscv64: 171,
  loong64: 171,
  ppc64: 124,
  s390x: 124,
}

/** Bits of struct timex.status (linux/timex.h). */
const STA_UNSYNC = 0x40
const STA_NANO = 0x2000

/**
 * Node cannot call adjtimex, and no file of the kernel has what it says. Perl can, and is part of every Debian, down to
 * the slim images; asking (modes = 0) takes no privilege, and the answer is the host's in every container.
 * Prints offset, maxerror, status of struct timex with 64-bit longs.
 */
function adjtimexScript(number: number): string {
  return `my $t = "\\0" x 256; syscall(${number}, $t) >= 0 or die "adjtimex: $!\\n"; print join(" ", (unpack("i x4 q q q q i", $t))[1, 3, 5]);`
}

/** "-120 16000000 64": offset in µs or ns, possible error in µs, status. undefined when it makes no sense. */
export function parseTimex(text: string): KernelClock | undefined {
  const numbers = complete(
    text
      .trim()
      .split(' ')
      .map((field) => (/^-?\d{1,18}$/.test(field) ? Number(field) : undefined)),
  )
  if (numbers?.length !== 3) return undefined
  const [offset, maxErrorUs, status] = numbers as readonly [number, number, number]
  if (maxErrorUs < 0 || status < 0) return undefined
  return {
    source: 'kernel',
    synchronised: (status & STA_UNSYNC) === 0,
    maxErrorMs: maxErrorUs / 1000,
    offsetMs: (status & STA_NANO) === 0 ? offset / 1000 : offset / 1_000_000,
  }
}

/** "9265.57 18107.97" → 9265570 */
export function parseUptime(text: string): number | undefined {
  const seconds = decimal(/^(\S+) \S+\n?$/.exec(text)?.[1])
  return seconds === undefined ? undefined : Math.round(seconds * 1000)
}

/** What the kernel says, or why it was not asked: words that go on "cannot tell …: ". */
async function askKernel(host: Host, architecture: string, timeoutMs: number): Promise<KernelClock | string> {
  const number = ADJTIMEX[architecture]
  if (number === undefined) return `the call adjtimex has no known number on ${architecture}`
  try {
    const result = await host.programs.run('perl', ['-e', adjtimexScript(number)], { timeoutMs, maxOutputBytes: 1024 })
    if (result.timedOut) return `perl gave no answer within ${timeoutMs} ms`
    if (result.exitCode !== 0) return `perl said ${JSON.stringify(result.stderr.trim().slice(0, 80))}`
    return parseTimex(result.stdout) ?? `perl said ${JSON.stringify(result.stdout.slice(0, 80))}`
  } catch (error) {
    if (error instanceof HostExecError) return error.message
    throw error
  }
}

async function readState(host: Host, options: ClockSourceOptions): Promise<Reading<KernelClock | SetOnce>> {
  const kernel = await askKernel(host, options.architecture, options.timeoutMs)
  if (typeof kernel !== 'string') return observed(kernel)
  const setOnce = await observe(() => host.files.exists('/run/systemd/timesync/synchronized'))
  if (setOnce.ok && setOnce.value) return observed({ source: 'timesyncd' })
  return unobserved(
    'NoClockSource',
    `cannot tell whether the clock is synchronised: ${kernel}, and there is no /run/systemd/timesync/synchronized; install perl-base in the image`,
  )
}

export interface ClockSourceOptions {
  /** Node's name of it: process.arch. */
  readonly architecture: string
  readonly timeoutMs: number
}

export async function readClock(host: Host, options: ClockSourceOptions): Promise<ClockReading> {
  const state = await readState(host, options)
  // Read last, right before the caller looks at its clocks.
  const uptimeMs = await observe(async () => {
    const text = await host.files.readText('/proc/uptime')
    return understood('/proc/uptime', text, parseUptime(text), '9265.57 18107.97')
  })
  return { state, uptimeMs }
}
