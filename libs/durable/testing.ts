/** For tests of durable files: a writer that is killed, and a disk that is full soon. */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { tempFolder } from '../host/testing.ts'

const run = promisify(execFile)

/**
 * Lets a process of its own write to `path`, kills it so many milliseconds after its first word, and says which number it
 * said last: that one was kept.
 */
export async function killedWriter(
  job: 'replace' | 'append' | 'journal',
  path: string,
  afterMs: number,
): Promise<number> {
  const writer = spawn(process.execPath, [join(import.meta.dirname, 'testing-writer.ts'), job, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let last = -1
  const lines = createInterface({ input: writer.stdout })
  const ended = Promise.all([once(writer, 'exit'), once(lines, 'close')])
  lines.on('line', (line) => {
    if (last === -1) setTimeout(() => writer.kill('SIGKILL'), afterMs)
    last = Number(line)
  })
  await ended
  return last
}

/** A disk of 64 KiB; of root alone. */
export async function smallDisk(): Promise<AsyncDisposable & { readonly path: string }> {
  const folder = await tempFolder()
  await run('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder.path])
  return {
    path: folder.path,
    async [Symbol.asyncDispose]() {
      await run('umount', [folder.path])
      await folder[Symbol.asyncDispose]()
    },
  }
}
