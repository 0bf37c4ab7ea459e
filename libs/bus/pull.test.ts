import type { Msg, NatsConnection, SubscriptionOptions } from 'nats'
import { describe, expect, it } from 'vitest'
import { fakeClock } from '../clock/testing.ts'
import { createPull } from './pull.ts'

/** A connection on which nothing comes but what the test says. */
function asked() {
  const clock = fakeClock()
  let say: SubscriptionOptions['callback']
  const nc = {
    subscribe(_: string, { callback }: SubscriptionOptions) {
      say = callback
      return { unsubscribe: () => undefined }
    },
    publish: () => undefined,
    isClosed: () => false,
  } as unknown as NatsConnection
  const pull = createPull({ nc, api: '$JS.API', stream: 'EVENTS', durable: 'http-exporter', clock })
  return { clock, pull, say: (message: Partial<Msg>) => say?.(null, message as Msg) }
}

describe('a question for the next message', () => {
  it('fails where nobody answers', async () => {
    const { clock, pull } = asked()
    const outcome = pull.next().catch((err: Error) => err.message)
    await clock.advance(12_000)
    expect(await outcome).toMatch(/reading EVENTS.*no answer in time/)
  })

  it('takes what came while this process had no processor', async () => {
    const { clock, pull, say } = asked()
    const outcome = pull.next().catch((err: Error) => err.message)
    clock.starve(20_000)
    await clock.advance(1)
    say({ data: new Uint8Array([7]) })
    expect(await outcome).toMatchObject({ data: new Uint8Array([7]) })
  })
})
