/** Reading small text files of the kernel, cheaply. */
import { close, closeSync, constants, open, openSync, read, readSync } from 'node:fs'

/** Most files of /proc and /sys fit. */
const CHUNK_BYTES = 8192
/** So many are read at once, as a rule; each buffer that is not kept is garbage that a collection has to come for. */
const KEPT_BUFFERS = 8
const kept: Buffer[] = []

/** Thrown when a file is longer than it may be. */
export class TooLarge extends Error {
  readonly code = 'TOO_LARGE'
}

/**
 * The whole file as UTF-8. Plain callbacks: half the cost of the promise API, which matters at a dozen files a check.
 * Non-blocking, so that a FIFO with no writer does not hang.
 */
export function readSmallFile(path: string, maxBytes: number): Promise<string> {
  return new Promise((resolve, reject) => {
    open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY, (openError, fd) => {
      if (openError) {
        reject(openError)
        return
      }
      const buffer = kept.pop() ?? Buffer.allocUnsafeSlow(CHUNK_BYTES)
      const full: Buffer[] = []
      let filled = 0
      let total = 0
      const finish = (error: Error | null): void => {
        const last = buffer.subarray(0, filled)
        const text = (full.length === 0 ? last : Buffer.concat([...full, last], total)).toString('utf8')
        if (kept.length < KEPT_BUFFERS) kept.push(buffer)
        close(fd, () => {
          if (error) reject(error)
          else resolve(text)
        })
      }
      const next = (): void => {
        read(fd, buffer, filled, CHUNK_BYTES - filled, null, (readError, count) => {
          if (readError) return finish(readError)
          if (count === 0) return finish(null)
          total += count
          filled += count
          if (total > maxBytes) return finish(new TooLarge(`more than ${maxBytes} bytes`))
          // The kernel gives some files line by line: what is left has to have room for a long one.
          if (filled > CHUNK_BYTES / 2) {
            full.push(Buffer.from(buffer.subarray(0, filled)))
            filled = 0
          }
          next()
        })
      }
      next()
    })
  })
}

/** Files read in one go before other work gets its turn: well under a millisecond. */
const SLICE = 32
const EACH_BYTES = 4096

function readNow(path: string, buffer: Buffer): string | undefined {
  let fd: number | undefined
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    return buffer.toString('utf8', 0, readSync(fd, buffer, 0, buffer.length, 0))
  } catch {
    // A process that ended, a CPU that went offline: what is gone is told as undefined.
    return undefined
  } finally {
    if (fd !== undefined) closeSync(fd)
  }
}

/** Files of the kernel, read in this thread in slices: they answer from memory, and a trip to the pool costs ten times more. */
export async function readKernelFiles(paths: readonly string[]): Promise<readonly (string | undefined)[]> {
  const buffer = Buffer.allocUnsafe(EACH_BYTES)
  const texts: (string | undefined)[] = []
  for (const [index, path] of paths.entries()) {
    if (index > 0 && index % SLICE === 0) await new Promise(setImmediate)
    texts.push(readNow(path, buffer))
  }
  return texts
}
