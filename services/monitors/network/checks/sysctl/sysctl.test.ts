import fc from 'fast-check'
import { expect, test } from 'vitest'
import { observed } from '#monitor-kit/evaluate'
import { findingOf, fixture, startFixture } from '#monitor-kit/testing'
import { sysctl } from './check.ts'
import { schema } from './config.ts'
import { confKey, pathOf, wantsOf } from './plan.ts'

async function over(name: string, keys: object = {}) {
  const folder = fixture(import.meta.url, name)
  await using check = await startFixture(sysctl, { folder, config: schema.parse(keys) })
  return await check.run()
}

test('a sysctl stands where sysctl(8) looks for it, and nowhere else', () => {
  expect(pathOf('net.ipv4.ip_forward')).toBe('/proc/sys/net/ipv4/ip_forward')
  expect(pathOf('net/ipv4/conf/eth0.100/forwarding')).toBe('/proc/sys/net/ipv4/conf/eth0.100/forwarding')
  expect(pathOf(confKey('ipv4', 'eth0.100'))).toBe('/proc/sys/net/ipv4/conf/eth0.100/forwarding')
  for (const wrong of ['net', 'kernel.panic', 'net/../kernel/panic', 'net.', 'net//ipv4', 'net...ipv4']) {
    expect(pathOf(wrong)).toBeUndefined()
  }
  fc.assert(
    fc.property(fc.string(), (key) => {
      const path = pathOf(key)
      expect(path === undefined || (path.startsWith('/proc/sys/net/') && !path.includes('/../'))).toBe(true)
    }),
  )
})

test('where no pod has a network of its own, and nothing is expected, nothing is said', async () => {
  expect((await over('well-no-kubernetes')).findings).toEqual([])
  const place = { pods: { v4: observed(false), v6: observed(false) }, hasIPv6: true, interfaces: ['eth0'] }
  expect(wantsOf(schema.parse({}), place)).toEqual([])
  const always = wantsOf(schema.parse({ forwarding: 'always', checkPerInterface: true }), { ...place, hasIPv6: false })
  expect(always.map(({ key }) => key)).toEqual(['net.ipv4.ip_forward', 'net.ipv4.conf.eth0.forwarding'])
})

test('forwarding that pods need is critical, of each family for itself', async () => {
  const { findings } = await over('sick-forwarding')
  expect(findingOf({ findings }, 'SysctlWrong', 'sysctl:net.ipv4.ip_forward')).toEqual({
    type: 'SysctlWrong',
    entity: 'sysctl:net.ipv4.ip_forward',
    health: 'problem',
    severity: 'critical',
    reason: 'OtherValue',
    message:
      'is 0 and has to be 1; what is sent through this node, as by its pods, goes nowhere; set it in /etc/sysctl.d, and see what sets it otherwise',
    summary: 'net.ipv4.ip_forward is 0 in place of 1',
  })
  expect(findingOf({ findings }, 'SysctlWrong', 'sysctl:net.ipv6.conf.all.forwarding').health).toBe('healthy')
  // Pods have no IPv6 here: whether it is forwarded is nobody's matter.
  expect((await over('well-ipv4-pods')).findings).toHaveLength(1)
})

test('what is expected is compared without regard to white space; what is not there is a problem', async () => {
  const rmem = { 'net.ipv4.tcp_rmem': ' 4096  131072 6291456' }
  expect((await over('well-no-kubernetes', { expect: rmem })).findings).toMatchObject([
    { health: 'healthy', message: 'is 4096 131072 6291456' },
  ])
  const bridge = await over('well-no-kubernetes', { checkBridgeNetfilter: true })
  expect(findingOf(bridge, 'SysctlWrong', 'sysctl:net.bridge.bridge-nf-call-iptables')).toMatchObject({
    health: 'problem',
    reason: 'SysctlMissing',
    message:
      'there is no net.bridge.bridge-nf-call-iptables: the kernel lacks what it is of (load the module br_netfilter); packets over a bridge pass no firewall: Service addresses and policies do not hold between its pods',
  })
  // Of an interface that is not there nothing goes nowhere.
  const named = { forwarding: 'always', checkPerInterface: true, interfaces: ['eth7'] }
  const gone = findingOf(await over('well-no-kubernetes', named), 'SysctlWrong', 'sysctl:net.ipv4.conf.eth7.forwarding')
  expect(gone).toMatchObject({
    health: 'unknown',
    message: 'there is no net.ipv4.conf.eth7.forwarding: there is no such interface, or the kernel lacks what it is of',
  })
  // Forwarding that cannot be read is not known, and no problem.
  expect((await over('hostile-unreadable', { forwarding: 'always' })).findings.map(({ health }) => health)).toEqual([
    'unknown',
    'unknown',
  ])
})
