/** Whether a program that a signal ended left a core dump (core(5)). */
import { readKernelFiles } from '../files/read.ts'

/** Those whose default is to write one (signal(7)). */
const DUMPING: readonly (NodeJS.Signals | null)[] = [
  'SIGABRT',
  'SIGBUS',
  'SIGFPE',
  'SIGILL',
  'SIGQUIT',
  'SIGSEGV',
  'SIGSYS',
  'SIGTRAP',
  'SIGXCPU',
  'SIGXFSZ',
]

/** The soft limit of /proc/self/limits. */
const LIMIT = /^Max core file size\s+(\S+)/m
/** For a program that takes the dump no limit counts but this one, which says that there is to be none. */
const NONE_BY_PIPE = '1'

/** @param limits of /proc/self/limits @param pattern of /proc/sys/kernel/core_pattern */
export function mayDump(limits: string, pattern: string): boolean {
  const limit = LIMIT.exec(limits)?.[1] ?? '0'
  return pattern.startsWith('|') ? limit !== NONE_BY_PIPE : pattern.trim() !== '' && limit !== '0'
}

/** The wait status has a bit for it, which Node keeps to itself: this is what follows from signal, limit and pattern. */
export async function hasDumped(signal: NodeJS.Signals | null): Promise<boolean> {
  if (!DUMPING.includes(signal)) return false
  const [limits = '', pattern = ''] = await readKernelFiles(['/proc/self/limits', '/proc/sys/kernel/core_pattern'])
  return mayDump(limits, pattern)
}
