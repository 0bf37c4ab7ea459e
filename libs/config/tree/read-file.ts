/** The file that holds the configuration, as text. */
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { ConfigErrors } from '../errors.ts'

/** What a ConfigMap may hold. */
export const BYTES_MAX = 1_048_576

/** @throws ConfigErrors when it cannot be read, is larger than 1 MiB or is not UTF-8 */
export async function readConfigFile(file: string): Promise<string> {
  const refuse = (text: string, cause?: unknown): never => {
    throw new ConfigErrors(file, [{ where: file, path: '', text }], { cause })
  }
  const bytes = await readBounded(file).catch((cause: unknown) => {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)
    return refuse(
      `cannot be read: ${code}; see that it exists and is readable, or name another with --config or NODE_DOCTOR_CONFIG`,
      cause,
    )
  })
  if (bytes === undefined) return refuse('is no regular file; expected YAML or JSON')
  if (bytes.length > BYTES_MAX) return refuse(`is larger than ${BYTES_MAX} bytes; expected a configuration`)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    return refuse('is not UTF-8; expected YAML or JSON in UTF-8', cause)
  }
}

/** At most one byte more than is allowed; undefined for a pipe, a device, a directory. */
export async function readBounded(file: string): Promise<Buffer | undefined> {
  const { O_RDONLY, O_NONBLOCK } = constants
  // Without waiting: opening a pipe that nobody writes would last for ever.
  const handle = await open(file, O_RDONLY | O_NONBLOCK)
  try {
    if (!(await handle.stat()).isFile()) return undefined
    const buffer = Buffer.alloc(BYTES_MAX + 1)
    let length = 0
    while (length < buffer.length) {
      const { bytesRead } = await handle.read(buffer, length, buffer.length - length)
      if (bytesRead === 0) break
      length += bytesRead
    }
    return buffer.subarray(0, length)
  } finally {
    await handle.close()
  }
}
