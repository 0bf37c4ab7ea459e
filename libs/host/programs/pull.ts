/** A stream that is read as it is asked for. */
import type { Readable } from 'node:stream'

/** Gives what comes next, undefined at the end and where the pipe breaks. Who does not ask stops the writer. One at a time. */
export function pullFrom(stream: Readable): () => Promise<Buffer | undefined> {
  return () =>
    new Promise((resolve) => {
      function end(chunk: Buffer | undefined): void {
        stream.off('readable', look).off('close', close).off('end', close)
        resolve(chunk)
      }
      const close = (): void => end(undefined)
      function look(): void {
        const chunk = stream.read() as Buffer | null
        if (chunk !== null) end(chunk)
        else if (stream.readableEnded || stream.destroyed) end(undefined)
      }
      stream.on('readable', look).on('close', close).on('end', close)
      look()
    })
}
