/** A process that writes until it is killed: `replace PATH` writes whole files, `append PATH` numbered records. */
import { openLog } from './append-log.ts'
import { replaceFile } from './replace.ts'

/** How long a file of the test is, so that writing one takes several calls of the system. */
export const WRITTEN_BYTES = 300_000

async function replaceForEver(path: string): Promise<never> {
  for (let i = 0; ; i++) {
    await replaceFile(path, String(i % 10).repeat(WRITTEN_BYTES), { sync: false })
    process.stdout.write(`${i}\n`)
  }
}

async function appendForEver(path: string): Promise<never> {
  const { log, content } = await openLog(path, { maxBytes: 64 * 1024 ** 2, sync: false })
  for (let i = content.records.length; ; i++) {
    await log.append([`${i} ${'x'.repeat(i % 5000)}`])
    process.stdout.write(`${i}\n`)
  }
}

const [, , job, path] = process.argv
if (job === 'replace' && path !== undefined) await replaceForEver(path)
if (job === 'append' && path !== undefined) await appendForEver(path)
