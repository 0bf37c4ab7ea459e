import { describe, expect, it } from 'vitest'
import { SERVICES } from '#service-table'
import { consumersOf } from './layout.ts'
import { READER_API } from './permissions.ts'
import { createPull } from './pull.ts'
import {
  condition,
  connectedDetector,
  event,
  IDENTITY,
  jetStreamOf,
  problem,
  readerOf,
  start as startBus,
  writerOf,
} from './testing-readers.ts'

const LANES = { 'exporters.external': ['webhook', 'Müller & Co'] }

describe.each(consumersOf(SERVICES, LANES))('$service on the bus', ({ service, streams, durables, publishes }) => {
  const [durable = ''] = durables
  const start = () => startBus({ lanes: LANES })

  it('may not write, speak for the detector, make or delete anything, or listen to everything', async () => {
    const bus = await start()
    await writerOf(bus)
    const reader = bus.consumer(service)
    await reader.connected(AbortSignal.timeout(5000))
    const nc = reader.connection('test')
    const refused: string[] = []
    void (async () => {
      for await (const { permissionContext } of nc.status())
        if (permissionContext) refused.push(`${permissionContext.operation} ${permissionContext.subject}`)
    })()
    const apis = [READER_API, '$JS.API'].flatMap((api) => [
      `${api}.STREAM.CREATE.X`,
      `${api}.STREAM.UPDATE.EVENTS`,
      `${api}.STREAM.DELETE.EVENTS`,
      `${api}.STREAM.PURGE.EVENTS`,
      `${api}.STREAM.MSG.GET.PROBLEMS`,
      `${api}.STREAM.MSG.DELETE.PROBLEMS`,
      `${api}.CONSUMER.CREATE.EVENTS`,
      `${api}.CONSUMER.CREATE.KV_node_conditions.x`,
      `${api}.CONSUMER.DURABLE.CREATE.EVENTS.x`,
      `${api}.CONSUMER.DELETE.PROBLEMS.${durable}`,
      `${api}.CONSUMER.MSG.NEXT.PROBLEMS.another`,
      `${api}.CONSUMER.MSG.NEXT.PROBLEMS.external-exporter_another`,
      `${api}.CONSUMER.MSG.NEXT.PROBLEMS.*`,
      `${api}.DIRECT.GET.KV_conditions.$KV.conditions.x`,
    ])
    const forbidden = [
      ...apis,
      '$KV.node_conditions.X._',
      '$KV.meta.store',
      'nd.event.warning.X',
      'nd.problem.opened.X',
      'nd.heartbeat',
      'nd.metric.system',
      'nd.presence.another',
      '$JS.ACK.PROBLEMS.another.1.1.1.1.1',
      ...(publishes.includes('nd.remediation.*.*') ? [] : ['nd.remediation.started.X']),
    ]
    for (const subject of forbidden) nc.publish(subject, '{}')
    const unheard = ['_INBOX_detector.>', '_INBOX_another.>', 'nd.>', '$KV.conditions.>', '>']
    for (const subject of unheard) nc.subscribe(subject, { callback: () => undefined })
    await nc.flush()
    const expected = [
      ...forbidden.map((subject) => `publish ${subject}`),
      ...unheard.map((subject) => `subscription ${subject}`),
    ]
    await expect.poll(() => refused.toSorted()).toEqual(expected.toSorted())
    const jsm = await jetStreamOf(bus)
    for (const stream of ['EVENTS', 'PROBLEMS', 'REMEDIATIONS', 'KV_node_conditions'])
      expect((await jsm.streams.info(stream)).state.last_seq).toBe(0)
    for (const stream of streams)
      for (const one of durables) await expect(jsm.consumers.info(stream, one)).resolves.toBeDefined()
  })

  it('cannot have an answer delivered in the detector’s name', async () => {
    const bus = await start()
    const writer = await writerOf(bus)
    await writer.put('problems', problem('fp'))
    await writer.put('node_conditions', condition('disk:/'))
    await writer.publishProblem(problem('fp'))
    const detector = await connectedDetector(bus)
    const jsm = await jetStreamOf(bus)
    const streams = ['EVENTS', 'PROBLEMS', 'KV_problems', 'KV_node_conditions', 'KV_meta']
    const ends = () => Promise.all(streams.map(async (name) => (await jsm.streams.info(name)).state.last_seq))
    const before = await ends()
    const heard: string[] = []
    detector
      .connection('test')
      .subscribe('_INBOX_detector.forged', { callback: (_, { subject }) => void heard.push(subject) })
    const reader = bus.consumer(service)
    await reader.connected(AbortSignal.timeout(5000))
    const nc = reader.connection('test')
    const questions = [
      `${READER_API}.CONSUMER.MSG.NEXT.PROBLEMS.${durable}`,
      `${READER_API}.CONSUMER.INFO.PROBLEMS.${durable}`,
      `${READER_API}.STREAM.INFO.KV_problems`,
      `${READER_API}.DIRECT.GET.KV_problems.$KV.problems.fp`,
      `$JS.ACK.PROBLEMS.${durable}.1.1.1.1.0`,
    ]
    const targets = [
      'nd.problem.opened.Forged',
      'nd.event.critical.Forged',
      '$KV.problems.fp',
      '_INBOX_detector.forged',
    ]
    for (const question of questions)
      for (const reply of targets) nc.publish(question, question.startsWith('$JS.ACK') ? '+NXT' : '', { reply })
    await nc.flush()
    // Its own answers come after those to what it asked before.
    await nc.request(`${READER_API}.STREAM.INFO.KV_meta`, '')
    await writer.publishEvent(event('last'))
    await detector.connection('test').flush()
    expect(await ends()).toEqual(before.map((end, i) => (streams[i] === 'EVENTS' ? end + 1 : end)))
    expect(heard).toEqual([])
    expect((await writer.readBack()).problems).toEqual([problem('fp')])
  })
})

describe('the remediator on the bus', () => {
  it('may publish what it did, ask where that ends, and read nobody’s stream', async () => {
    const bus = await startBus()
    await writerOf(bus)
    const remediator = bus.consumer('remediator')
    await remediator.connected(AbortSignal.timeout(5000))
    const nc = remediator.connection('test')
    const { seq } = (await nc.request('nd.remediation.started.restart', 'record')).json<{ seq: number }>()
    expect(seq).toBe(1)
    const own = await nc.request(`${READER_API}.DIRECT.GET.REMEDIATIONS`, JSON.stringify({ seq }))
    expect(own.string()).toBe('record')
    const refused: string[] = []
    void (async () => {
      for await (const { permissionContext } of nc.status())
        if (permissionContext) refused.push(permissionContext.subject)
    })()
    const forbidden = ['PROBLEMS', 'EVENTS', 'EVENTS_INFO'].map((stream) => `${READER_API}.DIRECT.GET.${stream}`)
    for (const subject of [...forbidden, '$JS.ACK.REMEDIATIONS.http-exporter.1.1.1.1.1']) nc.publish(subject, '{}')
    nc.subscribe('nd.metric.*', { callback: () => undefined })
    await nc.flush()
    await expect
      .poll(() => refused.toSorted())
      .toEqual([...forbidden, '$JS.ACK.REMEDIATIONS.http-exporter.1.1.1.1.1', 'nd.metric.*'].toSorted())
    const exporter = bus.consumer('http-exporter')
    await exporter.connected(AbortSignal.timeout(5000))
    const pull = createPull({
      nc: exporter.connection('test'),
      api: exporter.api,
      stream: 'REMEDIATIONS',
      durable: 'http-exporter',
    })
    expect((await pull.next())?.string()).toBe('record')
    pull.close()
  })
})

describe('the detector', () => {
  it('sees who is still on the bus, and who has left', async () => {
    const bus = await startBus()
    const writer = await writerOf(bus)
    expect(await writer.otherClients()).toBe(0)
    const exporter = bus.consumer('http-exporter')
    const { createBusReader } = await import('./reader.ts')
    createBusReader(exporter, { signal: new AbortController().signal })
    readerOf(bus, 'remediator')
    await expect.poll(() => writer.otherClients()).toBe(2)
    await exporter.close()
    await expect.poll(() => writer.otherClients()).toBe(1)
    expect((await writer.ensureStore(IDENTITY)).fresh).toBe(false)
  })
})
