/** A stream that is read as it is asked for. */
import type { Readable } from 'node:stream'

/**
 * Gives what comes next, undefined at the end and where the pipe breaks. Who does not ask stops the writer, and loses nothing. One at a time.
 */
export function pullFrom(stream: Readable): () => Promise<Buffer | undefined> {
  let wake: (() => void) | undefined
  const look = (): void => wake?.()
  // For good: of a child that ends while nobody listens Node reads the rest of the pipe and throws it away.
  stream.on('readable', look).on('end', look).on('close', look)
  return () =>
    new Promise((resolve) => {
      wake = () => {
        const chunk = stream.read() as Buffer | null
        if (chunk === null && !stream.readableEnded && !stream.destroyed) return
        wake = undefined
        resolve(chunk ?? undefined)
      }
      look()
    })
}
