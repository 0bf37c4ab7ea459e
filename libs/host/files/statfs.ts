/** Asking file systems for their space without being held by one that hangs. */

import { statfs as statfsInProcess } from 'node:fs'
import type { Clock } from '#clock'
import { HostExecError, HostReadError } from '../errors.ts'
import { execProgram } from '../programs/run.ts'
import type { RunResult } from '../programs/types.ts'
import type { FsStat } from './types.ts'

/** Block size, blocks, free, available, inodes, free inodes. The same in coreutils and busybox. */
const FORMAT = '%S %b %f %a %c %d'

/** In this process, in libuv's pool: for file systems that answer from memory. */
export function statfsLocal(path: string): Promise<FsStat> {
  return new Promise((resolve, reject) => {
    statfsInProcess(path, (error, s) => {
      if (error) reject(error)
      else resolve(fsStat(s.bsize, s.blocks, s.bfree, s.bavail, s.files, s.ffree))
    })
  })
}

function fsStat(blockSize: number, blocks: number, free: number, available: number, files: number, filesFree: number) {
  return {
    sizeBytes: blocks * blockSize,
    freeBytes: free * blockSize,
    availableBytes: available * blockSize,
    files,
    filesFree,
  } satisfies FsStat
}

/** The answer of `stat -f`; undefined for any other text. */
export function parseStatOutput(text: string): FsStat | undefined {
  const fields = text.trim().split(' ')
  if (fields.length !== 6 || !fields.every((field) => /^\d{1,20}$/.test(field))) return undefined
  const [blockSize, blocks, free, available, files, filesFree] = fields.map(Number)
  return fsStat(blockSize!, blocks!, free!, available!, files!, filesFree!)
}

const CODES: readonly [RegExp, string][] = [
  [/No such file or directory/, 'ENOENT'],
  [/Permission denied/, 'EACCES'],
  [/Not a directory/, 'ENOTDIR'],
  [/Stale (NFS )?file handle/, 'ESTALE'],
  [/Transport endpoint is not connected/, 'ENOTCONN'],
  [/Host is down/, 'EHOSTDOWN'],
]

/**
 * By the program `stat`, which is killed at the deadline. Settles when it has really ended: one in uninterruptible
 * sleep on a dead mount keeps this pending, and the guard around it keeps the path from being asked again.
 * @throws HostReadError
 */
export async function statfsByHelper(clock: Clock, path: string, shown: string, timeoutMs: number): Promise<FsStat> {
  const failed = (code: string, detail: string, cause?: unknown): HostReadError =>
    new HostReadError({ action: 'statfs', path: shown, code, detail, cause })
  let left: Promise<void> | undefined
  let result: RunResult
  try {
    result = await execProgram(clock, 'stat', ['-f', '-c', FORMAT, '--', path], {
      timeoutMs,
      maxOutputBytes: 4096,
      onAbandoned: (ended) => {
        left = ended
      },
    })
  } catch (error) {
    if (error instanceof HostExecError) throw failed('HELPER_MISSING', error.message, error)
    throw error
  }
  await left
  if (result.timedOut) throw failed('TIMEOUT', `no answer within ${timeoutMs} ms`)
  if (result.exitCode !== 0) {
    const stderr = result.stderr.trim()
    throw failed(CODES.find(([pattern]) => pattern.test(stderr))?.[1] ?? 'EIO', stderr)
  }
  const parsed = parseStatOutput(result.stdout)
  if (parsed === undefined) throw failed('MALFORMED', `stat said ${JSON.stringify(result.stdout.slice(0, 80))}`)
  return parsed
}
