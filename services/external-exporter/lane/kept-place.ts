/** Where what an exporter was told is kept: by its name and its socket, so that whoever has either later gets nothing of its. */
import { createHash } from 'node:crypto'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from '#service'
import type { ExternalEntry } from '../config.ts'

type Place = Pick<ExternalEntry, 'name' | 'socketPath'>

/** Hex digits of SHA-256 that tell sockets of one name apart. */
const HASH_DIGITS = 12
const OURS = /-[0-9a-f]{12}\.json$/

function fileOf({ name, socketPath }: Place): string {
  return `${name}-${createHash('sha256').update(socketPath).digest('hex').slice(0, HASH_DIGITS)}.json`
}

/** @param folder of this service, where state is kept */
export function keptPath(folder: string, exporter: Place): string {
  return join(folder, fileOf(exporter))
}

/** Removes the files of exporters that are not among these. Never rejects. */
export async function forgetOthers(folder: string, exporters: readonly Place[], log: Logger): Promise<void> {
  const wanted = new Set(exporters.map(fileOf))
  try {
    const entries = await readdir(folder, { withFileTypes: true })
    const files = entries
      .filter((entry) => entry.isFile() && OURS.test(entry.name) && !wanted.has(entry.name))
      .map(({ name }) => name)
    for (const name of files) await rm(join(folder, name), { force: true })
    if (files.length > 0)
      log.info('what exporters that are configured no more were told is forgotten', { folder, files })
  } catch (err) {
    const isAbsent = err instanceof Error && 'code' in err && err.code === 'ENOENT'
    if (!isAbsent) log.warn('what exporters that are configured no more were told cannot be removed', { folder, err })
  }
}
