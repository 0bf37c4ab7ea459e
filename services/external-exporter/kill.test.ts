/** Processes that are killed in the middle of a call: nothing is lost, and what may have arrived comes again as it was. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { someCondition } from '../../libs/view/testing.ts'
import { told } from './testing-partner.ts'
import { configText, type Scene, scenesOfTests, someEvent } from './testing-scene.ts'

const scene = scenesOfTests()
const SLOWLY = { timeout: 20_000 }

function start(args: readonly string[]): { child: ChildProcess; output: () => string } {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout?.on('data', (bytes: Buffer) => (text += bytes.toString()))
  onTestFinished(() => kill(child))
  return { child, output: () => text }
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}

async function service(at: Scene): Promise<ChildProcess> {
  const file = join(at.dir, 'config.yaml')
  const settings = `  runDir: ${at.bus.dir}\n  stateDir: ${join(at.dir, 'state')}\n`
  const text = configText(['tickets'], at.socketOf).replace(
    'settings: { nodeName: worker-7 }\n',
    `settings:\n  nodeName: worker-7\n${settings}`,
  )
  await writeFile(file, text)
  return start([join(import.meta.dirname, 'main.ts'), '--config', file]).child
}

it('loses nothing when the service or the exporter is killed in the middle, and tells in order', async () => {
  const at = await scene()
  await at.detector.condition(someCondition())
  const exporter = start([join(import.meta.dirname, 'testing-partner-process.ts'), at.socketOf('tickets')])
  await expect.poll(exporter.output, SLOWLY).toContain('ready')
  const first = await service(at)
  await expect.poll(exporter.output, SLOWLY).toContain('1\n')
  for (const message of ['one', 'two', 'three']) await at.detector.event(someEvent({ message }))
  await expect.poll(exporter.output, SLOWLY).toContain('2\n')
  await kill(first)
  await kill(exporter.child)

  const partner = await at.partner('tickets', { answer: () => 'hang' })
  const second = await service(at)
  await expect.poll(() => partner.calls.length, SLOWLY).toBeGreaterThan(0)
  expect(partner.calls.map(({ sequence, context }) => [sequence, context['kind']])[0]).toEqual([2, 'event'])
  await kill(second)

  const known = partner.calls.length
  partner.answer = () => ({ success: true })
  await service(at)
  await expect.poll(() => told(partner.taken).filter((words) => words.startsWith('TaskHung')), SLOWLY).toHaveLength(3)
  await expect.poll(() => told(partner.taken).includes('DiskFull FALSE'), SLOWLY).toBe(true)
  // The same to the byte, under its number, over both kills.
  expect(partner.calls[known]).toEqual(partner.calls[0])
  expect(told(partner.taken).filter((words) => words.startsWith('TaskHung'))).toEqual([
    'TaskHung: one',
    'TaskHung: two',
    'TaskHung: three',
  ])
  expect(partner.taken.map(({ sequence }) => sequence)).toEqual([2, 3, 4, 5])
}, 60_000)
