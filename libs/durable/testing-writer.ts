/** A process that writes until it is killed: `replace PATH` writes whole files, `append PATH` and `journal FOLDER` numbered records. */
import { openLog } from './append-log.ts'
import { openJournal } from './journal/open.ts'
import { WORDS } from './journal/testing.ts'
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

async function journalForEver(dir: string): Promise<never> {
  const opening = await openJournal(WORDS, { dir, identity: '0f8c1d', segmentBytes: 4096 })
  if (opening.kind !== 'open') throw new Error(opening.message)
  for (let i = 0; ; i++) {
    await opening.journal.append(`${i} ${'x'.repeat((i * 37) % 900)}`)
    process.stdout.write(`${i}\n`)
  }
}

const [, , job, path] = process.argv
if (job === 'replace' && path !== undefined) await replaceForEver(path)
if (job === 'append' && path !== undefined) await appendForEver(path)
if (job === 'journal' && path !== undefined) await journalForEver(path)
