import { once } from 'node:events'
import { Duplex } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { ServerReflectionRequest } from '#proto/grpc/reflection/v1/reflection.ts'
import { ServerReflectionService } from '#proto/grpc/reflection/v1/reflection.ts'
import { connectUnix } from './connect.ts'
import { createReflection, QUESTIONS_MAX } from './reflection.ts'
import { testSocket } from './testing.ts'

const QUESTION: ServerReflectionRequest = { host: '', messageRequest: { $case: 'listServices', value: '' } }

/** A stream that asks as often as it is read, and takes an answer when it is told to. */
function asking() {
  const counts = { asked: 0, answered: 0 }
  const taken: (() => void)[] = []
  const stream = new Duplex({
    objectMode: true,
    read() {
      counts.asked++
      this.push(QUESTION)
    },
    write(_answer, _encoding, done) {
      counts.answered++
      taken.push(done)
      stream.emit('answer')
    },
  })
  return { stream, counts, take: () => taken.shift()?.() }
}

describe('a stream of reflection', () => {
  it('reads no further question while nobody takes the answer', async () => {
    const { stream, counts, take } = asking()
    const [service] = createReflection(['a.B'], async () => new Uint8Array())
    const first = once(stream, 'answer')
    const answer = service?.implementation['serverReflectionInfo'] as ((call: Duplex) => void) | undefined
    answer?.(stream)
    await first
    for (let turn = 0; turn < 50; turn++) await setImmediate()
    expect(counts.answered).toBe(1)
    expect(counts.asked).toBeLessThanOrEqual(3)
    const second = once(stream, 'answer')
    take()
    await second
    expect(counts.answered).toBe(2)
    stream.destroy()
  })

  it('answers a bounded number of questions, and says so', async () => {
    await using socket = await testSocket()
    await socket.serve()
    const client = connectUnix(socket.path)
    const stream = client.bidiStream(ServerReflectionService.serverReflectionInfo, AbortSignal.timeout(9000))
    for (let i = 0; i <= QUESTIONS_MAX; i++) stream.send(QUESTION)
    let answers = 0
    const all = (async () => {
      for await (const _ of stream.responses) answers++
    })()
    await expect(all).rejects.toMatchObject({
      code: 'RESOURCE_EXHAUSTED',
      message: expect.stringContaining('a stream of reflection has 1024 questions; ask further ones on another'),
    })
    expect(answers).toBe(QUESTIONS_MAX)
    client.close()
  })
})
