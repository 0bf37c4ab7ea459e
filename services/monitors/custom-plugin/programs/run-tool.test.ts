import { expect, it } from 'vitest'
import { createHost } from '#host'
import type { ToolResult } from '#npd-tools'
import { fakeClock } from '../../../../libs/clock/testing.ts'
import { runTool } from './run-tool.ts'

/** A helper that heeds nobody. */
function stuck() {
  const clock = fakeClock()
  const tool = Promise.withResolvers<ToolResult>()
  const stop = new AbortController()
  const around = { host: createHost({ root: '', clock }), clock, env: {}, uptimeSeconds: () => 0 }
  const answer = runTool(() => tool.promise, [], { timeoutMs: 1_000, signal: stop.signal }, around)
  return { clock, tool, stop, answer }
}

it('a helper that does not heed its deadline is left behind until it ends', async () => {
  const { clock, tool, answer } = stuck()
  await clock.advance(4_000)
  const said = await answer
  expect(said).toMatchObject({
    kind: 'abandoned',
    result: { exitCode: null, timedOut: true },
    program: { pid: process.pid, isAlive: true },
  })
  tool.resolve({ exitCode: 0, stdout: '', stderr: '' })
  if (said.kind !== 'abandoned') throw new Error(said.kind)
  await said.program.ended
  expect(said.program.isAlive).toBe(false)
})

it('what a helper says while it is awaited a little longer counts', async () => {
  const { clock, tool, answer } = stuck()
  await clock.advance(3_000)
  tool.resolve({ exitCode: 1, stdout: 'ill', stderr: '' })
  expect(await answer).toMatchObject({ kind: 'ended', result: { exitCode: 1, stdout: Buffer.from('ill') } })
})

it('a helper that does not heed who calls it off is told as left behind, and one that does as called off', async () => {
  const deaf = stuck()
  deaf.stop.abort(new Error('draining'))
  await deaf.clock.advance(3_000)
  expect(await deaf.answer).toMatchObject({ kind: 'abandoned', result: { timedOut: false } })
  const heeding = stuck()
  heeding.stop.abort(new Error('draining'))
  heeding.tool.reject(new Error('draining'))
  await expect(heeding.answer).rejects.toThrow('draining')
})
