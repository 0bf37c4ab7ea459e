import { fastify } from 'fastify'
import { describe, expect, it } from 'vitest'
import { fakeClock } from '../../../libs/clock/testing.ts'
import { keepLog } from '../../../libs/service/testing.ts'
import { createListener } from './listener.ts'
import { createPlaces } from './places.ts'

describe('a port', () => {
  it('is not listened on when it is closed while it is being opened', async () => {
    const { log, messages } = keepLog()
    const listener = createListener({
      host: '127.0.0.1',
      port: 0,
      setting: 'exporters.http.hostPort',
      app: fastify(),
      places: createPlaces(),
      clock: fakeClock(),
      log,
    })
    const ending = new AbortController()
    const started = listener.start(ending.signal)
    ending.abort()
    await listener.close(0)
    await started
    expect([listener.url, messages()]).toEqual([undefined, []])
  })
})
