import { describe, expect, it } from 'vitest'
import { fakeClock } from '../../clock/testing.ts'
import { quietLog } from '../testing.ts'
import { IDENTITY } from '../testing-readers.ts'
import { createMemoryBus } from './memory-bus.ts'

const turn = () => new Promise((resolve) => setImmediate(resolve))

async function beaten() {
  const clock = fakeClock(new Date(0))
  const bus = createMemoryBus(clock, quietLog)
  const end = new AbortController()
  const open = (name: string) => bus.open({ name, log: quietLog, clock })
  const writer = open('detector').writer()
  await writer.ensureStore(IDENTITY)
  const beat = {
    node: 'n1',
    bootId: '',
    detectorIncarnation: 1,
    time: new Date(0),
    version: '',
    sequence: 7,
    waitingMs: 0,
    unstoredMs: 0,
    behind: [],
  }
  writer.publishHeartbeat(beat)
  await turn()
  const reader = open('k8s-exporter').reader({ signal: end.signal })
  return { clock, reader, end }
}

describe('a heartbeat of a bus in memory', () => {
  it('is heard by who comes a moment behind it: services of one process start together', async () => {
    const { reader, clock } = await beaten()
    await clock.advance(2999)
    const heard: number[] = []
    reader.onHeartbeat(({ sequence }) => heard.push(sequence))
    expect(heard).toEqual([])
    await turn()
    expect(heard).toEqual([7])
  })

  it('is of nobody any more when the next should have come', async () => {
    const { reader, clock } = await beaten()
    await clock.advance(3001)
    const heard: number[] = []
    reader.onHeartbeat(({ sequence }) => heard.push(sequence))
    await turn()
    expect(heard).toEqual([])
  })

  it('is not heard by who has stopped listening, or has ended, before it is told', async () => {
    const { reader, end } = await beaten()
    const heard: number[] = []
    reader.onHeartbeat(({ sequence }) => heard.push(sequence))()
    reader.onHeartbeat(({ sequence }) => heard.push(sequence))
    end.abort()
    await turn()
    expect(heard).toEqual([])
  })
})
