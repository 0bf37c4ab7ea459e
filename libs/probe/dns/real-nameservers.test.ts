import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { blameOf, type Tried } from './blame.ts'
import { dnsOutcome } from './outcome.ts'
import { askFor, type Nameserver, startDnsmasq, startUnbound, whyNoNameservers } from './testing-nameservers.ts'
import type { DnsProtocol } from './types.ts'

const why = whyNoNameservers()
const MANY = Array.from({ length: 3900 }, (_, index) => `10.1.${index >> 8}.${index & 255}`)

describe.skipIf(why !== '')(`a real nameserver ${why}`, () => {
  let dnsmasq: Nameserver
  let unbound: Nameserver
  beforeAll(async () => {
    dnsmasq = await startDnsmasq('127.0.53.1', [
      '--host-record=www.real.example,192.0.2.7,2001:db8::7',
      '--cname=alias.real.example,www.real.example',
      '--address=/none.example/',
      '--txt-record=text.real.example,one,two',
      '--ptr-record=7.2.0.192.in-addr.arpa,www.real.example',
    ])
    unbound = await startUnbound(
      '127.0.53.2',
      [
        'do-tcp: no',
        'local-zone: "real.example." static',
        'local-data: "www.real.example. 60 IN A 192.0.2.8"',
        'local-data: "real.example. 60 IN SOA ns.real.example. root.real.example. 1 2 3 4 5"',
        'local-data: "real.example. 60 IN NS ns.real.example."',
        ...MANY.slice(0, 200).map((address) => `local-data: "many.real.example. 60 IN A ${address}"`),
        'local-zone: "refused.example." always_refuse',
      ],
      // Who is asked there refuses: nobody can find out.
      `forward-zone:\n  name: "sick.corp."\n  forward-addr: ${dnsmasq.place.address}@${dnsmasq.place.port}\n`,
    )
  })
  afterAll(async () => {
    await unbound?.[Symbol.asyncDispose]()
    await dnsmasq?.[Symbol.asyncDispose]()
  })

  it.each<DnsProtocol>(['udp', 'tcp'])('answers over %s', async (protocol) => {
    const probed = await askFor(dnsmasq.place, 'ALIAS.real.example.', { protocol })
    expect(probed).toMatchObject({
      ok: true,
      strangers: 0,
      answer: {
        rcode: 'NOERROR',
        protocol,
        addresses: ['192.0.2.7'],
        aliases: ['www.real.example.'],
        truncated: false,
        recursionAvailable: true,
        edns: true,
      },
    })
  })

  it('answers for each type', async () => {
    const data = async (name: string, type: 'AAAA' | 'TXT' | 'PTR' | 'SOA' | 'NS', { place } = dnsmasq) => {
      const probed = await askFor(place, name, { type })
      return probed.ok ? probed.answer.records.map((record) => `${record.type} ${record.data}`) : probed.failure
    }
    expect(await data('www.real.example', 'AAAA')).toEqual(['AAAA 2001:db8::7'])
    expect(await data('text.real.example', 'TXT')).toEqual(['TXT "one" "two"'])
    expect(await data('7.2.0.192.in-addr.arpa', 'PTR')).toEqual(['PTR www.real.example.'])
    expect(await data('real.example', 'SOA', unbound)).toEqual(['SOA ns.real.example. root.real.example. 1 2 3 4 5'])
    expect(await data('real.example', 'NS', unbound)).toEqual(['NS ns.real.example.'])
  })

  it('says that there is no such name, that it does not want to, that it could not find out: answers, all of them', async () => {
    const rcode = async ({ place }: Nameserver, name: string) => {
      const probed = await askFor(place, name)
      return probed.ok ? [probed.answer.rcode, dnsOutcome(probed, 10_000)] : probed.failure
    }
    expect(await rcode(dnsmasq, 'none.example')).toEqual(['NXDOMAIN', 'answered'])
    expect(await rcode(unbound, 'none.real.example')).toEqual(['NXDOMAIN', 'answered'])
    expect(await rcode(dnsmasq, 'elsewhere.example')).toEqual(['REFUSED', 'answered'])
    expect(await rcode(unbound, 'refused.example')).toEqual(['REFUSED', 'answered'])
    expect(await rcode(unbound, 'x.sick.corp')).toEqual(['SERVFAIL', 'failed'])
  })

  it('that refuses TCP is seen to, where an answer over UDP is cut off', async () => {
    const udp = await askFor(unbound.place, 'many.real.example')
    expect(udp).toMatchObject({ ok: true, answer: { truncated: true, protocol: 'udp' } })
    const tcp = await askFor(unbound.place, 'many.real.example', { protocol: 'tcp' })
    const { address, port } = unbound.place
    expect(tcp).toMatchObject({
      ok: false,
      failure: { kind: 'refused', message: `connection refused at ${address}:${port} over TCP` },
    })
  })

  it('answers with nearly 64 KiB over TCP', async () => {
    await using large = await startUnbound('127.0.53.3', [
      'local-zone: "real.example." static',
      ...MANY.map((address) => `local-data: "many.real.example. 60 IN A ${address}"`),
    ])
    const probed = await askFor(large.place, 'many.real.example', { protocol: 'tcp' })
    expect(probed).toMatchObject({ ok: true, answer: { truncated: false, sizeBytes: 12 + 23 + 11 + 3900 * 16 } })
    expect(probed.ok && new Set(probed.answer.addresses)).toEqual(new Set(MANY))
  })

  it('that hangs, or is dead, is to blame for what two others answer', async () => {
    await using hung = await startDnsmasq('127.0.53.4', [])
    hung.child.kill('SIGSTOP')
    const rows: Tried[] = []
    for (const protocol of ['udp', 'tcp'] as const) {
      for (const { place } of [dnsmasq, unbound, hung]) {
        for (const name of ['www.real.example', 'x.sick.corp']) {
          const probed = await askFor(place, name, { protocol, timeoutMs: 700 })
          rows.push({ server: place.address, protocol, name, outcome: dnsOutcome(probed, 700) })
        }
      }
    }
    expect(blameOf(rows)).toMatchObject({
      kind: 'parts',
      ways: [
        { server: '127.0.53.2', protocol: 'tcp' },
        { server: '127.0.53.4', protocol: 'tcp' },
        { server: '127.0.53.4', protocol: 'udp' },
      ],
    })
    hung.child.kill('SIGCONT')
    await expect.poll(() => askFor(hung.place, 'x')).toMatchObject({ ok: true })
  })
})
