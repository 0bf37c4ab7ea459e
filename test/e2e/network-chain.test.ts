/** One cause is one problem: what lies behind a gateway that is gone is not judged, whoever looks there first. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ConditionView } from '#view'
import { type Constellation, startConstellation, until } from './constellation.ts'
import { type Chain, ENDPOINT, GATEWAY, layChain, NAMESERVER, whyNoChain } from './network-chain.ts'

const why = whyNoChain()
if (why !== '') console.log(`a gateway that is cut off: ${why}`)

const PACE = { interval: '2s', timeout: '1900ms' }
const { address, name, port } = ENDPOINT

/** As by default, but for their pace and how long answers are waited for. */
function checksOf(resolvConfPath: string): readonly object[] {
  const asked = { resolvConfPath, requestTimeoutMs: 300, retries: 0 }
  return [
    { name: 'links', type: 'network-links', interval: '1s', timeout: '900ms' },
    { name: 'gateway', type: 'network-gateway-check', ...PACE, config: { pingCount: 1, pingTimeoutMs: 200 } },
    {
      name: 'dns',
      type: 'network-dns-check',
      ...PACE,
      config: { resolvConfPath, queryTimeoutMs: 300, cluster: 'none' },
    },
    {
      name: 'by-address',
      type: 'network-connectivity-check',
      ...PACE,
      config: { ...asked, url: `tcp://${address}:${port}` },
    },
    {
      name: 'by-name',
      type: 'network-connectivity-check',
      ...PACE,
      config: { ...asked, url: `tcp://${name}:${port}` },
    },
  ]
}

/** What is looked at behind the gateway, and the gateway itself. */
const BEHIND = ['NodeDNSDown', 'EndpointUnreachable endpoint:by-address', 'EndpointUnreachable endpoint:by-name']
const GONE = `GatewayUnreachable gateway:${GATEWAY}`

function keyOf({ type, entity }: { readonly type: string; readonly entity: string }): string {
  return entity === '' ? type : `${type} ${entity}`
}

describe.skipIf(why !== '')('a gateway that is cut off', () => {
  let chain: Chain
  let c: Constellation
  /** Of the gateway and all behind it. */
  async function conditions(): Promise<ReadonlyMap<string, ConditionView>> {
    const { conditions } = await c.status()
    return new Map(conditions.map((condition) => [keyOf(condition), condition]))
  }
  async function are(keys: readonly string[], is: (condition: ConditionView) => boolean): Promise<boolean> {
    const known = await conditions()
    return keys.every((key) => known.get(key) !== undefined && is(known.get(key) as ConditionView))
  }

  beforeAll(async () => {
    chain = await layChain('chain')
    c = await startConstellation({
      wrap: (service) => (service === 'network' ? chain.onNode : []),
      services: ['detector', 'network', 'http-exporter'],
      config: { monitors: checksOf(chain.resolvConf) },
    })
    await c.ready()
  }, 60_000)
  afterAll(async () => {
    await c?.stop()
    await chain?.close()
  }, 60_000)

  it('is one problem, and nobody behind it is accused; all is well once it is mended', {
    timeout: 90_000,
  }, async () => {
    const all = [GONE, ...BEHIND]
    await until('all are well', () => are(all, ({ health }) => health === 'healthy'), 30_000)

    chain.cut()
    await until('the gateway is gone', () => are([GONE], ({ health }) => health === 'problem'), 30_000)
    await until(
      'the others are not judged',
      () => are(BEHIND, ({ reason }) => reason === 'DependencyUnhealthy'),
      30_000,
    )
    const { problems } = await c.status()
    expect(problems.map(keyOf)).toEqual([GONE])
    expect(problems[0]).toMatchObject({ severity: 'critical', monitor: 'network', check: 'gateway' })
    expect((await conditions()).get('NodeDNSDown')?.message).toContain(NAMESERVER)

    chain.mend()
    await until('all are well again', () => are(all, ({ health }) => health === 'healthy'), 30_000)
    const after = await c.status()
    expect(after.problems).toEqual([])
    // Whatever had been open meanwhile would stand here.
    expect(after.resolved.map(keyOf)).toEqual([GONE])
    expect(after.resolved[0]?.proof).toBe('healthy-checks')
  })
})
