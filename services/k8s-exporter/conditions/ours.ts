/**
 * Which conditions this exporter wrote, in a file of the host: where the note on the node is lost, this alone tells ours
 * from what another writer left there.
 */
import { readWhole, replaceFile } from '#durable'
import type { Logger } from '#service'

/** Of the file: names of a node's conditions. */
const BYTES_MAX = 1024 * 1024

export interface Ours {
  /** Of the node object; conditions of another one of the same name are nobody's. */
  readonly uid: string
  readonly types: readonly string[]
}

export interface OursFile {
  read(): Promise<Ours | undefined>
  /** Kept when it differs from what was kept last. Never rejects. */
  keep(ours: Ours): Promise<void>
}

function parseOurs(text: string): Ours | undefined {
  const value: unknown = JSON.parse(text)
  if (typeof value !== 'object' || value === null || !('uid' in value) || !('types' in value)) return undefined
  const { uid, types } = value
  if (typeof uid !== 'string' || !Array.isArray(types)) return undefined
  return { uid, types: types.filter((type) => typeof type === 'string') }
}

export function createOursFile(path: string, log: Logger): OursFile {
  let kept = ''
  return {
    async read() {
      try {
        const bytes = await readWhole(path, BYTES_MAX)
        return bytes === undefined ? undefined : parseOurs(bytes.toString())
      } catch (err) {
        log.warn('which conditions were written before cannot be read; those without a note stay as they are', {
          path,
          err,
        })
        return undefined
      }
    },
    async keep({ uid, types }) {
      const text = JSON.stringify({ uid, types: types.toSorted() })
      if (text === kept) return
      try {
        await replaceFile(path, text)
        kept = text
      } catch (err) {
        log.debug('which conditions were written cannot be kept', { path, err })
      }
    },
  }
}
