import { expect, it } from 'vitest'
import { MERGE } from '../api.ts'
import { expectRefusal, freshName, type Use } from './use.ts'

export const SLICES = '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices'
const LABEL = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-'"
const SUBDOMAIN = 'a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters'

/** A slice of a Service, as a controller makes it. */
export function sliceOf(service: string, more: Record<string, unknown> = {}) {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: freshName(service), labels: { 'kubernetes.io/service-name': service } },
    addressType: 'IPv4',
    ports: [{ name: 'https', port: 6443 }],
    endpoints: [{ addresses: ['10.0.0.1'] }],
    ...more,
  }
}

const addresses = (...each: string[]) => each.map((address) => ({ addresses: [address] }))

export function defineEndpointSliceCases(use: Use): void {
  /** The start of each fault, in the server's order. */
  async function faultsOf(more: Record<string, unknown>): Promise<string[]> {
    const { status, body } = await use().post(SLICES, sliceOf('bad', more))
    expect(status).toBe(422)
    return body.details.causes.map(({ field, message }: { field: string; message: string }) => `${field}: ${message}`)
  }

  it('are made, changed, counted by generation, and taken away', async () => {
    const made = await use().post(SLICES, sliceOf('web', { ports: [{ port: 80 }] }))
    expect(made.status).toBe(201)
    expect(made.body).toMatchObject({
      metadata: { generation: 1 },
      endpoints: [{ addresses: ['10.0.0.1'], conditions: {} }],
      ports: [{ name: '', protocol: 'TCP', port: 80 }],
    })
    const path = `${SLICES}/${made.body.metadata.name}`
    const conditions = { ready: false, serving: true, terminating: true }
    const endpoints = [{ addresses: ['10.0.0.2'], conditions, nodeName: 'n1', zone: 'z' }]
    const changed = await use().patch(path, { endpoints }, MERGE)
    expect(changed.body).toMatchObject({ metadata: { generation: 2 }, endpoints })
    expect((await use().patch(path, { metadata: { annotations: { a: 'b' } } }, MERGE)).body.metadata.generation).toBe(2)
    expect((await use().patch(path, { metadata: { labels: { a: 'b' } } }, MERGE)).body.metadata.generation).toBe(3)
    expect((await use().delete(path)).body.details).toMatchObject({ group: 'discovery.k8s.io', kind: 'endpointslices' })
  })

  it('have a type of addresses, which stays', async () => {
    expect(await faultsOf({ addressType: undefined })).toEqual(['addressType: Required value'])
    expect(await faultsOf({ addressType: 'IP' })).toEqual([
      'addressType: Unsupported value: "IP": supported values: "FQDN", "IPv4", "IPv6"',
    ])
    const { body } = await use().post(SLICES, sliceOf('web'))
    expectRefusal(await use().patch(`${SLICES}/${body.metadata.name}`, { addressType: 'IPv6' }, MERGE), {
      code: 422,
      reason: 'Invalid',
      message: /addressType: Invalid value: null: field is immutable/,
    })
  })

  it('have addresses that can be asked', async () => {
    const bad = ['nope', '127.0.0.1', '::1', '0.0.0.0', '169.254.1.1', '224.0.0.1', '10.0.0.01']
    expect(await faultsOf({ endpoints: [{ addresses: [] }, ...addresses(...bad)] })).toEqual([
      'endpoints[1].addresses[0]: Invalid value: "nope": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
      'endpoints[2].addresses[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
      'endpoints[3].addresses: Invalid value: "::1": must be an IPv4 address',
      'endpoints[3].addresses[0]: Invalid value: "::1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
      'endpoints[4].addresses[0]: Invalid value: "0.0.0.0": may not be unspecified (0.0.0.0)',
      'endpoints[5].addresses[0]: Invalid value: "169.254.1.1": may not be in the link-local range (169.254.0.0/16, fe80::/10)',
      'endpoints[6].addresses[0]: Invalid value: "224.0.0.1": may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)',
      'endpoints[7].addresses[0]: Invalid value: "10.0.0.01": must not have leading 0s',
      'endpoints[0].addresses: Required value',
    ])
    const six = [...addresses('10.0.0.1', 'fe80::1', '::ffff:1.2.3.4'), { addresses: ['fd00::1', 'fd00:0::1'] }]
    expect(await faultsOf({ addressType: 'IPv6', endpoints: six })).toEqual([
      'endpoints[0].addresses: Invalid value: "10.0.0.1": must be an IPv6 address',
      'endpoints[1].addresses[0]: Invalid value: "fe80::1": may not be in the link-local range (169.254.0.0/16, fe80::/10)',
      'endpoints[2].addresses[0]: Invalid value: "::ffff:1.2.3.4": must not be an IPv4-mapped IPv6 address',
      'endpoints[3].addresses[1]: Invalid value: "fd00:0::1": must be in canonical form ("fd00::1")',
    ])
    const [fault] = await faultsOf({ addressType: 'FQDN', endpoints: addresses('Foo', 'a.example') })
    expect(fault).toContain(`endpoints[0].addresses[0]: Invalid value: "Foo": ${SUBDOMAIN}`)
  })

  it('have names that are some, and no two of one', async () => {
    const hints = { forZones: [{ name: 'a' }, { name: 'a' }] }
    const endpoint = { addresses: ['10.0.0.1'], hostname: 'A_b', nodeName: '', hints }
    const [node, host, zone] = await faultsOf({ endpoints: [endpoint] })
    expect(node).toContain(`endpoints[0].nodeName: Invalid value: "": ${SUBDOMAIN}`)
    expect(host).toContain(`endpoints[0].hostname: Invalid value: "A_b": ${LABEL}`)
    expect(zone).toBe('endpoints[0].hints.forZones[1].name: Duplicate value: "a"')
    const ports = [{ name: 'A', port: 1, protocol: 'X' }, { port: 2 }, { port: 3, appProtocol: 'a b' }]
    const [name, protocol, duplicate, application] = await faultsOf({ ports })
    expect(name).toContain(`ports[0].name: Invalid value: "A": ${LABEL}`)
    expect(protocol).toBe('ports[0].protocol: Unsupported value: "X": supported values: "SCTP", "TCP", "UDP"')
    expect(duplicate).toBe('ports[2].name: Duplicate value: ""')
    expect(application).toContain('ports[2].appProtocol: Invalid value: "a b": name part must consist of')
  })

  it('hold so many and no more', async () => {
    const many = (count: number) => Array.from({ length: count }, (_, i) => `10.1.${i >> 8}.${i & 255}`)
    expect(await faultsOf({ endpoints: addresses(...many(1001)) })).toEqual([
      'endpoints: Too many: 1001: must have at most 1000 items',
    ])
    expect(await faultsOf({ endpoints: [{ addresses: many(101) }] })).toEqual([
      'endpoints[0].addresses: Too many: 101: must have at most 100 items',
    ])
  })

  it('are listed by their Service, with what is in them or without', async () => {
    const service = freshName('listed')
    const names = ['a', 'b'].map((end) => `${service}-${end}`)
    for (const name of names)
      await use().post(
        SLICES,
        sliceOf(service, { metadata: { name, labels: { 'kubernetes.io/service-name': service } } }),
      )
    const path = `${SLICES}?labelSelector=kubernetes.io%2Fservice-name%3D${service}`
    const whole = await use().get(path)
    expect(whole.body).toMatchObject({ kind: 'EndpointSliceList', apiVersion: 'discovery.k8s.io/v1' })
    expect(whole.body.items.map((item: { metadata: { name: string } }) => item.metadata.name)).toEqual(names)
    const accept = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1'
    const { body } = await use().ask('GET', path, { accept })
    expect(body).toMatchObject({ kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1' })
    expect(body.items[0]).toMatchObject({ kind: 'PartialObjectMetadata', metadata: { name: names[0] } })
    expect(body.items[0].endpoints).toBeUndefined()
    expectRefusal(await use().get(`${SLICES}?fieldSelector=addressType%3DIPv4`), {
      code: 400,
      reason: 'BadRequest',
      message: '"addressType" is not a known field selector: only "metadata.name", "metadata.namespace"',
    })
  })
}
