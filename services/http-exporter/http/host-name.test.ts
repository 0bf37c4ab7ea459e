import { describe, expect, it } from 'vitest'
import { countHosts, createHostCheck, hostNameOf } from './host-name.ts'

describe('the name a request calls this server by', () => {
  const may = createHostCheck(['worker-7', 'nodes.example.org'])

  it('is an address, localhost, the node, a Service of the cluster, or what is configured', () => {
    const good = [
      '127.0.0.1:8080',
      '10.0.0.7',
      '[::1]:8080',
      '[fe80::1]',
      'localhost',
      'LOCALHOST:8080',
      'worker-7:9100',
      'nodes.example.org.',
      'node-doctor.node-doctor.svc:8080',
      'node-doctor.node-doctor.svc.cluster.local',
    ]
    expect(good.filter((host) => !may(host))).toEqual([])
  })

  it('is no name of anybody else, and no nonsense', () => {
    const bad = [
      'evil.example',
      'worker-7.evil.example',
      'x.svc.evil.example',
      '',
      'a b',
      '127.0.0.1:80:80',
      'u@localhost',
      '[::1',
    ]
    expect(bad.filter((host) => may(host))).toEqual([])
    expect(may(undefined)).toBe(false)
  })

  it('may be any where the configuration says so', () => {
    expect(createHostCheck(['*'])('evil.example')).toBe(true)
  })

  it('is read without its port', () => {
    expect(hostNameOf('[2001:db8::1]:443')).toBe('2001:db8::1')
    expect(hostNameOf('Host.Example:1')).toBe('host.example')
  })

  it('is said once', () => {
    expect(countHosts(['Host', 'a', 'X', 'host', 'host', 'b'])).toBe(2)
  })
})
