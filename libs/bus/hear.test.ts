import { describe, expect, it } from 'vitest'
import { hear } from './hear.ts'
import { abortable, connectedDetector, start } from './testing-readers.ts'

/** Who listens to what services tell of themselves. */
async function hearing(listener: (text: string) => void) {
  const bus = await start()
  const poison: string[] = []
  const nc = (await connectedDetector(bus)).connection('test')
  const consumer = bus.consumer('http-exporter')
  const end = hear(consumer, {
    subject: 'nd.metric.*',
    signal: abortable(),
    decode(bytes) {
      if (bytes.length === 0) throw new Error('nothing')
      return Buffer.from(bytes).toString()
    },
    listener,
    onPoison: (subject, said) => poison.push(`${subject} ${said}`),
  })
  await consumer.connected(AbortSignal.timeout(5000))
  await consumer.connection('test').flush()
  return { nc, poison, end, consumer }
}

describe('who listens to the bus', () => {
  it('goes on after what cannot be decoded, and after what could not be taken', async () => {
    const heard: string[] = []
    const { nc, poison } = await hearing((text) => {
      if (text === 'bad') throw new Error('not this')
      heard.push(text)
    })
    for (const text of ['a', '', 'bad', 'b']) nc.publish('nd.metric.system', text)
    await expect.poll(() => heard).toEqual(['a', 'b'])
    expect(poison).toEqual(['nd.metric.* nd.metric.system'])
  })

  it('hears nothing more after its end', async () => {
    const heard: string[] = []
    const { nc, end, consumer } = await hearing((text) => heard.push(text))
    nc.publish('nd.metric.system', 'a')
    await expect.poll(() => heard).toEqual(['a'])
    end()
    await consumer.connection('test').flush()
    nc.publish('nd.metric.system', 'b')
    await nc.flush()
    await consumer.connection('test').flush()
    expect(heard).toEqual(['a'])
  })
})
