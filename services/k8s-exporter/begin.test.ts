import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { badCondition, nodeEvent } from './testing-exporter.ts'
import { conditionOf, type SceneOptions, scenesOfTests } from './testing-scene.ts'

const { scene } = scenesOfTests()

describe('an exporter', () => {
  it('that finds lines of another shape in what it told begins all the same', async () => {
    const at = await scene()
    await at.exporter.stop()
    const path = join(at.dir, 'state', 'k8s-exporter', 'told.jsonl')
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, '{"kind":"series"}\n')
    const { log } = await at.again()
    await at.detector.event(nodeEvent({ reason: 'After' }))
    await expect.poll(() => at.api.events().map(({ reason }) => reason)).toEqual(['After'])
    expect(log.messages()).toContain('what was told before is damaged; some of it may be told again')
  })

  it('that cannot begin says of what it failed, and keeps the lock from nobody', async () => {
    const at = await scene()
    await at.exporter.stop()
    // What the schema refuses stands for whatever nobody thought of.
    const wrong: object = { events: null }
    const failing = await at.again(wrong as SceneOptions)
    expect(await failing.service.failure).toBeInstanceOf(Error)
    await failing.stop()
    await at.again()
    await at.detector.condition(badCondition())
    await expect.poll(() => conditionOf(at, 'DiskFull')?.status).toBe('True')
  })
})
