/** Reading small text files of the kernel, cheaply. */
import { close, constants, open, read } from 'node:fs'

/** Most files of /proc and /sys fit. */
const CHUNK_BYTES = 8192

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
      const chunks: Buffer[] = []
      let total = 0
      const finish = (error: Error | null): void => {
        close(fd, () => {
          if (error) reject(error)
          else resolve(Buffer.concat(chunks, total).toString('utf8'))
        })
      }
      const next = (): void => {
        const buffer = Buffer.allocUnsafe(CHUNK_BYTES)
        read(fd, buffer, 0, CHUNK_BYTES, null, (readError, count) => {
          if (readError) return finish(readError)
          if (count === 0) return finish(null)
          total += count
          if (total > maxBytes) return finish(new TooLarge(`more than ${maxBytes} bytes`))
          chunks.push(count === CHUNK_BYTES ? buffer : buffer.subarray(0, count))
          next()
        })
      }
      next()
    })
  })
}
