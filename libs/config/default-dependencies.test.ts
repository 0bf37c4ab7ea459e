import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { faultsOf, HEAD, parse, set } from './testing.ts'

function dependencies(text: string, flags: readonly string[] = []): Record<string, readonly string[]> {
  const { monitors } = parse(HEAD + text, { flags: flags.map(set) })
  return Object.fromEntries(monitors.map(({ name, explainedBy }) => [name, explainedBy]))
}

const endpoint = (url: string) =>
  `monitors: [{ name: e, type: http-health-check, config: { endpoints: [{ url: "${url}" }] } }]\n`

describe('what explains a check’s problems without being told', () => {
  it('is what explains its problems: links, then the gateway, then names', () => {
    const all = dependencies('defaultMonitors: [network, kubernetes]\n')
    expect(all).toMatchObject({
      links: [],
      gateway: ['links'],
      dns: ['gateway', 'links'],
      apiserver: ['gateway', 'links'],
    })
    // What the runtime explains of them these know themselves: a pod that is stuck does not explain a kubelet that is gone.
    expect(all).toMatchObject({ runtime: [], kubelet: [], capacity: [], 'static-pods': [] })
  })

  it('is every check of that type that is switched on, by the name that it has', () => {
    const text = `monitors:
  - { name: nics, type: network-links }
  - { name: ports, type: network-links, enabled: false }
  - { name: way, type: network-gateway-check }
`
    expect(dependencies(text)).toMatchObject({ way: ['nics'], dns: ['way', 'nics'] })
    expect(dependencies('', ['monitors.links.enabled=false'])).toMatchObject({ gateway: [], dns: ['gateway'] })
  })

  it('of peers is the gateway too: most of them are beyond it', () => {
    const text = 'monitors: [{ name: p, type: network-peers, config: { peers: [10.0.0.2] } }]\n'
    expect(dependencies(text)).toMatchObject({ p: ['gateway', 'links'] })
  })

  it('is nothing where somebody wrote it, also that it is nothing', () => {
    const text = 'monitors: [{ name: d, type: network-dns-check, explainedBy: [] }]\n'
    expect(dependencies(text)).toMatchObject({ d: [] })
    expect(dependencies('', ['monitors.dns.explainedBy=[clock]'])).toMatchObject({ dns: ['clock'] })
  })

  it('leads nowhere back over what somebody wrote', () => {
    const text = 'monitors: [{ name: l, type: network-links, dependsOn: [dns] }]\n'
    expect(faultsOf(HEAD + text)).toEqual([])
    expect(dependencies(text)).toMatchObject({ l: [], gateway: ['l'], dns: [] })
  })

  it.each([
    ['https://registry.example.org/v2/', ['dns', 'gateway', 'links']],
    ['https://user:word@registry.example.org/v2/', ['dns', 'gateway', 'links']],
    ['tcp://10.0.0.1:443', ['gateway', 'links']],
    ['tls://[fd00::1]:443', ['gateway', 'links']],
    ['http://127.0.0.1:10248/healthz', []],
    ['http://[::1]:10248/healthz', []],
    ['http://localhost:10248/healthz', []],
    ['http://[::ffff:127.0.0.1]:10248/', []],
    ['http://[0:0:0:0:0:0:0:1]:10248/', []],
    ['http://127.example.org/', ['dns', 'gateway', 'links']],
  ])('of an endpoint %s is %j: who is on this machine needs no way to it', (url, expected) => {
    expect(dependencies(endpoint(url))).toMatchObject({ e: expected })
  })

  it('never makes a configuration wrong that was right', () => {
    const types = ['network-links', 'network-gateway-check', 'network-dns-check', 'kubernetes-apiserver-check']
    const check = fc.record({ type: fc.constantFrom(...types), on: fc.option(fc.nat(5), { nil: undefined }) })
    fc.assert(
      fc.property(fc.array(check, { maxLength: 6 }), (checks) => {
        // Each depends on an earlier one at most, so that what is written goes in no circle.
        const items = checks.map(({ type, on }, i) => {
          const written = on === undefined || i === 0 ? '' : `, dependsOn: [c${on % i}]`
          return `  - { name: c${i}, type: ${type}${written}, config: ${type.endsWith('apiserver-check') ? `{ endpoint: "https://10.0.0.${i + 1}:6443" }` : '{}'} }\n`
        })
        const faults = faultsOf(
          `${HEAD}defaultMonitors: []\nmonitors:${items.length === 0 ? ' []' : ''}\n${items.join('')}`,
        )
        expect(faults.filter((fault) => /depends on itself|there is no monitor|switched off/.test(fault))).toEqual([])
      }),
      { numRuns: 200 },
    )
  })
})
