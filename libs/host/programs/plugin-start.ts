/** Whether a program can be started, and why it was not. */
import { readdirSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { codeOf, HostExecError, HostReadError } from '../errors.ts'
import { HEAD_BYTES, placeOf } from './plugin-look.ts'
import type { NotStartedWhy } from './plugin-types.ts'
import type { Command, ProgramLook } from './program-place.ts'

const NAMES_INTERPRETER = /^#![ \t]*[^ \t\n\0]/
/** A machine that is busy has this long to show what a program is, however short the program's own time is. */
const LOOK_MS = 5_000
const ELF = Buffer.from('\x7fELF', 'latin1')
/** Kinds of machine whose programs the kernel runs (elf.h): 386 and x86-64; ARM and AArch64. */
const MACHINES: Readonly<Record<string, readonly number[]>> = { x64: [3, 62], arm64: [40, 183] }
const BINFMT = '/proc/sys/fs/binfmt_misc'

/** Kinds of programs that somebody taught the kernel: whatever is registered may be one of them. */
function hasOtherFormats(): boolean {
  try {
    return readdirSync(BINFMT).some((name) => name !== 'register' && name !== 'status')
  } catch {
    return false
  }
}

/** Whether the kernel knows what to do with a file that begins so. @param arch as `process.arch` has it */
export function isProgramHead(head: Buffer, arch: string): boolean {
  const text = head.toString('latin1')
  // One that names none is refused; of many blanks nobody sees the end.
  if (text.startsWith('#!')) return NAMES_INTERPRETER.test(text) || (head.length >= HEAD_BYTES && !text.includes('\n'))
  if (!head.subarray(0, ELF.length).equals(ELF) || head.length < HEAD_BYTES) return false
  return MACHINES[arch]?.includes(head.readUInt16LE(18)) ?? true
}

/**
 * Why a program is not even tried: it is of no format, or its mount hangs; undefined: nothing speaks against it. `execvp`
 * hands what the kernel refuses to a shell, also an empty file, where others say that it is no program. @throws the signal's reason
 */
export async function whyNotTried(
  look: ProgramLook,
  command: Command,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<{ why: NotStartedWhy; error: HostExecError } | undefined> {
  const { file } = command
  try {
    const head = await look.headOf(command, Math.max(timeoutMs, LOOK_MS), signal)
    if (head === undefined || isProgramHead(head, process.arch) || hasOtherFormats()) return undefined
    return { why: 'bad-format', error: new HostExecError({ file, code: 'ENOEXEC' }) }
  } catch (cause) {
    if (!(cause instanceof HostReadError && cause.code === 'TIMEOUT')) throw cause
    const unseen =
      cause.cause instanceof Error ? `whether its mount hangs nobody knows: ${cause.cause.message}` : undefined
    return { why: 'hung', error: new HostExecError({ file, code: 'TIMEOUT', advice: unseen, cause }) }
  }
}

async function isThere(path: string | undefined, kind: 'folder' | 'any'): Promise<boolean> {
  if (path === undefined) return false
  try {
    const found = await stat(path)
    return kind === 'any' || found.isDirectory()
  } catch {
    return false
  }
}

/** What the system meant by the code of a start that failed. */
export async function whyNotStarted(command: Command, error: HostExecError): Promise<NotStartedWhy> {
  switch (codeOf(error)) {
    case 'ENOENT':
    case 'ENOTDIR':
      if (!(await isThere(command.cwd, 'folder'))) return 'folder-missing'
      return (await isThere(await placeOf(command), 'any')) ? 'interpreter-missing' : 'missing'
    case 'EACCES':
    case 'EPERM':
      return 'not-executable'
    case 'ENOEXEC':
      return 'bad-format'
    case 'ETXTBSY':
      return 'busy'
    case 'EAGAIN':
    case 'ENOMEM':
    case 'EMFILE':
    case 'ENFILE':
      return 'no-room'
    default:
      return 'other'
  }
}

/** Said where the code alone would send one elsewhere. */
const ADVICE: Partial<Record<NotStartedWhy, string>> = {
  'interpreter-missing':
    'it is there; install the interpreter that its first line names (without a "\\r" behind it), or its loader',
  'folder-missing': 'make the folder that it runs in',
}

/** The same in words that fit the reason. */
export function explained(error: HostExecError, why: NotStartedWhy): HostExecError {
  const { file, code, cause } = error
  const advice = ADVICE[why]
  return advice === undefined ? error : new HostExecError({ file, code, advice, cause })
}
