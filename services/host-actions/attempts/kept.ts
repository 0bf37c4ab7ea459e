/** What is known of attempts over a kill of this process: a small file for each, below the run directory, which a reboot empties. */
import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { readWhole, replaceFile } from '#durable'
import type { Ended, Note } from '../actions/types.ts'

/** So many are kept; the oldest go first. One attempt is under way at a time, and the remediator asks for none that it has the end of. */
const KEPT_MAX = 16
/** 64 KiB of output that is all escaped, and the rest. */
const MAX_BYTES = 1_048_576

/** An attempt as it is kept. */
export interface KeptAttempt {
  /** What it does: another act under the same name is another attempt, and refused. */
  readonly strategy: string
  readonly target: string
  readonly note?: Note
  readonly ended?: Ended
  readonly durationMs?: number
}

/** What is kept of attempts. */
export interface KeptAttempts {
  /** undefined: none is kept. @throws what the file system says, or SyntaxError */
  read(id: string): Promise<KeptAttempt | undefined>
  /** @throws what the file system says */
  write(id: string, kept: KeptAttempt): Promise<void>
  /** Takes away the oldest beyond {@link KEPT_MAX}, and says which those were. */
  prune(): Promise<readonly string[]>
}

/** @param folder made where it is not there (0700) */
export function createKeptAttempts(folder: string): KeptAttempts {
  const pathOf = (id: string): string => join(folder, `${id}.json`)
  return {
    async read(id) {
      const bytes = await readWhole(pathOf(id), MAX_BYTES)
      return bytes === undefined ? undefined : (JSON.parse(bytes.toString('utf8')) as KeptAttempt)
    },
    async write(id, kept) {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      await replaceFile(pathOf(id), JSON.stringify(kept), { mode: 0o600, sync: false })
    },
    async prune() {
      const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.json'))
      const aged = await Promise.all(
        names.map(async (name) => ({ name, at: (await stat(join(folder, name))).mtimeMs })),
      )
      const old = aged.toSorted((a, b) => b.at - a.at).slice(KEPT_MAX)
      for (const { name } of old) await rm(join(folder, name), { force: true })
      return old.map(({ name }) => name.slice(0, -'.json'.length))
    },
  }
}
