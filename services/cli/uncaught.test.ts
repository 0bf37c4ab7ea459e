import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, expect, it, onTestFinished } from 'vitest'
import { runDirOfTests } from './testing-run-dir.ts'

const place = runDirOfTests()

/** Throws outside of every call, as soon as the program has begun to listen for this. */
function throwingAt(event: string): string {
  const code = `process.on('newListener', (name) => {
    if (name === '${event}') setImmediate(() => { throw new Error('a bug of this test') })
  })`
  return `data:text/javascript,${encodeURIComponent(code)}`
}

async function runThrowing(event: string, ...argv: string[]): Promise<unknown[]> {
  const main = join(import.meta.dirname, 'main.ts')
  const child = spawn(process.execPath, ['--import', throwingAt(event), main, ...argv, '--run-dir', place.dir], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const [[code, signal], out, err] = await Promise.all([once(child, 'exit'), text(child.stdout), text(child.stderr)])
  return [code, signal, out, err]
}

/** A detector that takes connections and never says a word. */
async function serveSilence(): Promise<void> {
  await mkdir(join(place.dir, 'detector'))
  const server = createServer().listen(join(place.dir, 'detector', 'detector.sock'))
  await once(server, 'listening')
  onTestFinished(() => void server.close())
}

describe('an error that nobody expected and nothing catches', () => {
  const said =
    'node-doctor: unexpected error: a bug of this test; if it happens again, please report it with the command line\n'

  it('ends a command that asks with 1 and a line, not by a signal', async () => {
    await serveSilence()
    expect(await runThrowing('uncaughtException', 'status')).toEqual([1, null, '', said])
  }, 30_000)

  it('ends in order a command that goes on, with 1 too', async () => {
    await serveSilence()
    expect(await runThrowing('SIGTERM', 'watch')).toEqual([1, null, '', said])
  }, 30_000)
})
