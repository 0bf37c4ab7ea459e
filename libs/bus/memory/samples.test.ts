import { expect, test } from 'vitest'
import { MetricBatch } from '#proto/nodedoctor/v1/types.ts'
import { fakeClock } from '../../clock/testing.ts'
import { createSampleListeners } from './samples.ts'

const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }

/** Samples of a name and a value, and whoever hears them; what is posted waits for `deliver`. */
function samplesOfTest() {
  const clock = fakeClock()
  const posted: (() => void)[] = []
  const samples = createSampleListeners(clock, log, (act) => void posted.push(act))
  const tell = (
    monitor: string,
    name: string,
    value: number,
    { to = 'all' as readonly string[] | 'all', wide = 0 } = {},
  ) =>
    samples.tell(
      MetricBatch.fromPartial({ monitor, samples: [{ name, value, labels: { wide: 'x'.repeat(wide) } }] }),
      to,
    )
  function listen(service = 'http-exporter') {
    const heard: string[] = []
    const end = samples.add(service, (bytes) => {
      for (const { name, value } of MetricBatch.decode(bytes).samples) heard.push(`${name} ${value}`)
    })
    return { heard, end }
  }
  const deliver = (): void => {
    for (const act of posted.splice(0)) act()
  }
  return { clock, samples, tell, listen, deliver }
}

test('whoever comes is told what was said last of each thing, so far as it is for him, and then what is new', () => {
  const { tell, listen, deliver } = samplesOfTest()
  tell('system', 'load', 1)
  tell('system', 'load', 2)
  tell('system', 'disk', 3)
  tell('log', 'load', 4)
  tell('own', 'own', 5, { to: ['other'] })
  deliver()
  const first = listen()
  expect(first.heard).toEqual([])
  deliver()
  expect(first.heard).toEqual(['load 2', 'disk 3', 'load 4'])
  first.end()
  const again = listen()
  deliver()
  tell('system', 'disk', 6)
  deliver()
  expect(again.heard).toEqual(['load 2', 'disk 3', 'load 4', 'disk 6'])
  expect(first.heard).toHaveLength(3)
})

test('what is older never comes behind what is newer', () => {
  const { tell, listen, deliver } = samplesOfTest()
  tell('system', 'load', 1)
  deliver()
  tell('system', 'load', 2)
  const { heard } = listen()
  tell('system', 'load', 3)
  deliver()
  expect(heard.filter((value, i) => value !== heard[i - 1])).toEqual(['load 2', 'load 3'])
})

test('no more than a mebibyte is kept, of what was said last, and nothing for longer than ten minutes', async () => {
  const { clock, tell, listen, deliver } = samplesOfTest()
  for (let i = 0; i < 40; i++) tell('system', `m${i}`, i, { wide: 1 << 16 })
  deliver()
  const { heard } = listen()
  deliver()
  expect(heard).toEqual(Array.from({ length: 15 }, (_, i) => `m${25 + i} ${25 + i}`))
  await clock.advance(600_001)
  tell('system', 'new', 1)
  deliver()
  const later = listen()
  deliver()
  expect(later.heard).toEqual(['new 1'])
})

test('who no longer listens hears nothing, and what no message can hold is counted', () => {
  const { tell, listen, deliver } = samplesOfTest()
  tell('system', 'load', 1)
  deliver()
  const { heard, end } = listen()
  end()
  tell('system', 'load', 2)
  deliver()
  expect(heard).toEqual([])
  expect(tell('system', 'load', 3, { wide: 1 << 20 })).toBe(1)
})

test('what a check measures now takes the place of all that it measured before, of its own receivers', () => {
  const { samples, listen, deliver } = samplesOfTest()
  let ms = 0
  const tell = (check: string, names: readonly string[], { monitor = 'log', to = 'all' as string[] | 'all' } = {}) =>
    samples.tell(
      MetricBatch.fromPartial({
        monitor,
        time: new Date(++ms),
        samples: names.map((name) => ({ name, check, value: ms })),
      }),
      to,
    )
  tell('kernel', ['a', 'b'])
  tell('docker', ['a', 'b'])
  tell('kernel', ['a', 'b'], { monitor: 'system' })
  tell('kernel', ['a', 'b'], { to: ['other'] })
  tell('kernel', ['a'])
  deliver()
  const { heard } = listen()
  deliver()
  expect(heard).toEqual(['a 2', 'b 2', 'a 3', 'b 3', 'a 5'])
})

test('of one saying that came as several all is told, and what rode with a check stays when that is told without it', () => {
  const { samples, listen, deliver } = samplesOfTest()
  const tell = (time: number, of: readonly (readonly [check: string, name: string])[]) =>
    samples.tell(
      MetricBatch.fromPartial({
        monitor: 'log',
        time: new Date(time),
        samples: of.map(([check, name]) => ({ name, check, value: time })),
        described: of.map(([, name]) => ({ name })),
      }),
      'all',
    )
  tell(1, [['kernel', 'a']])
  tell(1, [['kernel', 'a']])
  tell(2, [
    ['kernel', 'a'],
    ['', 'own'],
  ])
  tell(2, [['kernel', 'b']])
  tell(3, [['docker', 'c']])
  deliver()
  const { heard } = listen()
  deliver()
  expect(heard).toEqual(['own 2', 'a 2', 'b 2', 'c 3'])
})
