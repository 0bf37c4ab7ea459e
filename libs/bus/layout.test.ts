import { describe, expect, it } from 'vitest'
import { readersOf, SERVICES } from '#service-table'
import { NEW_EXPORTER, WITH_NEW_EXPORTER } from '../service-table/testing.ts'
import { CONSUMERS, consumersOf, STREAMS } from './layout.ts'
import { allAccess } from './permissions.ts'

describe('the readers of the bus', () => {
  it('are those of the table of services, in its order', () => {
    expect(CONSUMERS.map(({ service }) => service)).toEqual(readersOf(SERVICES).map(({ name }) => name))
    expect(consumersOf({ detector: SERVICES.detector, system: SERVICES.system })).toEqual([])
  })

  it('all hear heartbeats and whose the store is, and those that show samples hear them', () => {
    for (const { service, subscribes, buckets } of CONSUMERS) {
      expect(subscribes).toEqual(service === 'remediator' ? ['nd.heartbeat'] : ['nd.heartbeat', 'nd.metric.*'])
      expect(buckets.at(-1)).toBe('meta')
    }
  })

  it('write a stream by the subjects that it holds', () => {
    const [remediations] = STREAMS.filter(({ name }) => name === 'REMEDIATIONS')
    expect(CONSUMERS.filter(({ publishes }) => publishes.length > 0)).toMatchObject([
      { service: 'remediator', publishes: remediations?.subjects },
    ])
  })

  it('are let see what the remediator needs and nothing more: what is, who vouches for it, and its own stream', () => {
    const access = allAccess(CONSUMERS).get('remediator')
    expect(access).toEqual({
      asks: [
        'nd.remediation.*.*',
        '$JS.API.STREAM.INFO.REMEDIATIONS',
        '$JS.API.DIRECT.GET.REMEDIATIONS',
        ...['node_conditions', 'problems', 'monitors', 'meta'].flatMap((bucket) => [
          `$JS.API.STREAM.INFO.KV_${bucket}`,
          `$JS.API.DIRECT.GET.KV_${bucket}.>`,
        ]),
      ],
      hears: [
        'nd.heartbeat',
        'nd.presence.remediator',
        '$KV.node_conditions.>',
        '$KV.problems.>',
        '$KV.monitors.>',
        '$KV.meta.>',
      ],
      tells: [{ subject: 'nd.metric.remediator', to: ['http-exporter'] }],
      told: [],
    })
    const { asks } = allAccess(CONSUMERS).get('http-exporter') ?? {}
    expect(asks?.filter((subject) => subject.includes('DIRECT.GET') && !subject.includes('KV_'))).toEqual([
      '$JS.API.DIRECT.GET.REMEDIATIONS',
    ])
  })

  it('have a durable of each entry where their row says so, and an account that may take from those alone', () => {
    const lanes = { 'exporters.external': ['webhook', 'a b'] }
    const durables = ['external-exporter_webhook', expect.stringMatching(/^external-exporter_a-b_[0-9a-f]{24}$/)]
    const of = (some: typeof CONSUMERS) => some.find(({ service }) => service === 'external-exporter')
    expect(of(consumersOf(SERVICES, lanes))).toMatchObject({ durables, hasLanes: true })
    expect(of(CONSUMERS)).toMatchObject({ durables: [], hasLanes: true })
    const { asks } =
      allAccess(consumersOf(SERVICES, { 'exporters.external': ['webhook'] })).get('external-exporter') ?? {}
    expect(asks?.filter((subject) => /CONSUMER|ACK/.test(subject) && subject.includes('PROBLEMS'))).toEqual([
      '$JS.API.CONSUMER.MSG.NEXT.PROBLEMS.external-exporter_webhook',
      '$JS.API.CONSUMER.INFO.PROBLEMS.external-exporter_webhook',
      '$JS.ACK.PROBLEMS.external-exporter_webhook.>',
    ])
    const none = allAccess(CONSUMERS).get('external-exporter')?.asks ?? []
    expect(none.filter((subject) => /CONSUMER|ACK/.test(subject))).toEqual([])
  })

  it('have one more account with one row more, with what the row says and nothing beside', () => {
    const access = allAccess(consumersOf(WITH_NEW_EXPORTER))
    const { asks, hears, tells } = access.get(NEW_EXPORTER) ?? { asks: [], hears: [], tells: [] }
    expect(asks).toEqual([
      '$JS.API.CONSUMER.MSG.NEXT.PROBLEMS.letter-exporter',
      '$JS.API.CONSUMER.INFO.PROBLEMS.letter-exporter',
      '$JS.API.STREAM.INFO.PROBLEMS',
      '$JS.ACK.PROBLEMS.letter-exporter.>',
      '$JS.API.STREAM.INFO.KV_node_conditions',
      '$JS.API.DIRECT.GET.KV_node_conditions.>',
      '$JS.API.STREAM.INFO.KV_meta',
      '$JS.API.DIRECT.GET.KV_meta.>',
    ])
    expect(hears).toEqual([
      'nd.heartbeat',
      'nd.metric.*',
      'nd.presence.letter-exporter',
      '$KV.node_conditions.>',
      '$KV.meta.>',
    ])
    expect(tells).toEqual([{ subject: 'nd.metric.letter-exporter', to: ['http-exporter'] }])
    expect(access.get('http-exporter')?.told).toContainEqual({ subject: 'nd.metric.letter-exporter', by: NEW_EXPORTER })
  })
})
