import { afterEach, it } from 'vitest'
import { writeFileSync } from 'node:fs'
import { until } from './constellation.ts'
import { startLogScene } from './log-scene.ts'
import { type Finished, writeLogs } from './log-storm.ts'
import { sleep } from './survivors.ts'
const finished: Finished = []
afterEach(async () => { for (const work of finished.splice(0).reverse()) await work() }, 60_000)
it('x', async () => {
  const scene = await startLogScene()
  finished.push(scene.close)
  const writer = writeLogs(finished, scene)
  await writer.untilRead()
  for (const s of ['log', 'detector']) { scene.c.hold(s); scene.c.kill(s) }
  await sleep(60_000)
  for (const s of ['log', 'detector']) scene.c.release(s)
  const out: string[] = []
  for (let i = 0; i < 60; i++) {
    await sleep(1000)
    out.push(`${i}: told ${scene.told(scene.tags.file).length} (${scene.told(scene.tags.file).filter((n) => n > 0).length}) of ${writer.log.tagged}, kmsg ${scene.told(scene.tags.kmsg).length}`)
    writeFileSync('/tmp/mf-scratch.txt', out.join('\n') + '\n')
  }
  for (const n of ['log', 'detector', 'http-exporter']) writeFileSync(`/tmp/mf-scratch-${n}.log`, scene.c.log(n).join('\n'))
  console.log(scene.events('LogTextsUntold'), scene.events('LogLinesLost'))
}, 300_000)
