/** Whether a disk takes writes, asked in a way that a hung one cannot hold the process. */
import { mkdir, open } from 'node:fs/promises'
import { join } from 'node:path'
import { type Clock, systemClock, within } from '#clock'

/** `failed`: it answered, with an error, which whoever writes for real will meet too. */
export type DiskAnswer = 'well' | 'failed' | 'silent'

export interface DiskProbe {
  /** Writes a byte beside the history; with `sync`, waits until it is on the disk. */
  ask(options: { readonly sync: boolean }): Promise<DiskAnswer>
}

/** Longest wait for an answer. */
const ANSWER_WITHIN_MS = 5000

async function write(dir: string, sync: boolean): Promise<void> {
  await mkdir(dir, { recursive: true, mode: 0o750 })
  const file = await open(join(dir, '.probe'), 'w', 0o640)
  try {
    await file.write('.')
    if (sync) await file.datasync()
  } finally {
    await file.close()
  }
}

/**
 * A real disk is waited for, by the real time unless another clock is given.
 * One probe is under way at a time, so that a disk that hangs for hours holds one thread and not all four.
 */
export function createDiskProbe(dir: string, clock: Clock = systemClock()): DiskProbe {
  let pending: Promise<DiskAnswer> | undefined
  return {
    async ask({ sync }) {
      // Whoever asks while a probe is under way gets that one's answer.
      pending ??= write(dir, sync).then(
        () => 'well' as const,
        () => 'failed' as const,
      )
      const attempt = pending
      void attempt.finally(() => {
        if (pending === attempt) pending = undefined
      })
      return await within<DiskAnswer>(clock, attempt, ANSWER_WITHIN_MS, () => 'silent')
    },
  }
}
