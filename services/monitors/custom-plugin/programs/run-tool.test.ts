import { expect, it } from 'vitest'
import { createHost } from '#host'
import type { LeftProgram, ToolAround, ToolResult } from '#npd-tools'
import { fakeClock } from '../../../../libs/clock/testing.ts'
import { runTool } from './run-tool.ts'

/** A helper that heeds nobody. */
function stuck() {
  const clock = fakeClock()
  const tool = Promise.withResolvers<ToolResult>()
  const stop = new AbortController()
  const around = { host: createHost({ root: '', clock }), clock, env: {}, uptimeSeconds: () => 0 }
  let leave: (left: LeftProgram) => void = () => undefined
  function helper(_: readonly string[], { onAbandoned }: ToolAround): Promise<ToolResult> {
    leave = (left) => onAbandoned?.(left)
    return tool.promise
  }
  const answer = runTool(helper, [], { timeoutMs: 1_000, signal: stop.signal }, around)
  return { clock, tool, stop, answer, leave: (left: LeftProgram) => leave(left) }
}

it('a helper that does not heed its deadline is left behind within a second, until it ends', async () => {
  const { clock, tool, answer } = stuck()
  await clock.advance(2_000)
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

it('what a helper leaves behind after it was left behind itself is there until that has ended, too', async () => {
  const { clock, tool, answer, leave } = stuck()
  await clock.advance(2_000)
  const said = await answer
  if (said.kind !== 'abandoned') throw new Error(said.kind)
  let isOver = false
  void said.program.ended.then(() => {
    isOver = true
  })
  const command = Promise.withResolvers<void>()
  leave({ pid: 4711, ended: command.promise })
  tool.resolve({ exitCode: 2, stdout: '', stderr: '' })
  await clock.advance(1)
  expect([isOver, said.program.isAlive]).toEqual([false, true])
  command.resolve()
  await said.program.ended
  expect(said.program.isAlive).toBe(false)
})

it('what a helper says while it is awaited a little longer counts', async () => {
  const { clock, tool, answer } = stuck()
  await clock.advance(1_500)
  tool.resolve({ exitCode: 1, stdout: 'ill', stderr: '' })
  expect(await answer).toMatchObject({ kind: 'ended', result: { exitCode: 1, stdout: Buffer.from('ill') } })
})

it('a helper that does not heed who calls it off is told as left behind, and one that does as called off', async () => {
  const deaf = stuck()
  deaf.stop.abort(new Error('draining'))
  await deaf.clock.advance(1_000)
  expect(await deaf.answer).toMatchObject({ kind: 'abandoned', result: { timedOut: false } })
  const heeding = stuck()
  heeding.stop.abort(new Error('draining'))
  heeding.tool.reject(new Error('draining'))
  await expect(heeding.answer).rejects.toThrow('draining')
})
