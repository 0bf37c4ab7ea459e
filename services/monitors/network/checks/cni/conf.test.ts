import fc from 'fast-check'
import { expect, test } from 'vitest'
import { confFilesOf, confIn } from './conf.ts'
import { needsOf } from './plugins.ts'
import { runtimeFoldersIn } from './runtime-file.ts'

const LIST = '/etc/cni/net.d/10-pods.conflist'
const said = (value: unknown, path = LIST) => {
  const found = confIn(typeof value === 'string' ? value : JSON.stringify(value), path)
  return found.ok ? needsOf(found.value) : found.why
}

test('files count by their ends, the first one of all by its name', () => {
  const names = [
    '99-loopback.conf',
    '10-b.conflist',
    '05-cilium.conflist.bak',
    '10-a.json',
    'calico-kubeconfig',
    'x.CONF',
  ]
  expect(confFilesOf(names)).toEqual(['10-a.json', '10-b.conflist', '99-loopback.conf'])
})

test('what libcni refuses says why, without a word of what stands there', () => {
  expect(said('')).toBe('it is empty')
  expect(said('{"token": "secret"')).toBe(`it is no JSON (jq . ${LIST} says where)`)
  expect(said('{"token": ')).toBe('its JSON ends too early')
  expect(said('\ufeff{}')).toBe(`it is no JSON (jq . ${LIST} says where)`)
  expect(said([])).toBe('it is no object')
  expect(said({ plugins: [] })).toBe('it has no name')
  expect(said({ name: '../pods', plugins: [] })).toBe('its name is none of a network (letters, digits, "_.-")')
  expect(said({ name: 'pods', plugins: {} })).toBe('its plugins are no list')
  expect(said({ name: 'pods', plugins: [{}] })).toBe('a plug-in of it has no type')
  expect(said({ name: 'pods', plugins: ['bridge'] })).toBe('a plug-in of it is no object')
  for (const type of ['../bin/sh', '..', 'a\u0000b', 'a\nb', 'x'.repeat(256)]) {
    expect(said({ name: 'pods', plugins: [{ type }] })).toBe('a type of it is no name of a binary')
  }
  expect(said({ name: 'pods', plugins: [{ type: 'bridge' }] }, '/etc/cni/net.d/10-pods.conf')).toBe(
    'it is a list of plug-ins, and has to be called .conflist',
  )
})

test('plug-ins need their binaries, those of their addresses, and those that they call', () => {
  const flannel = { name: 'cbr0', plugins: [{ type: 'flannel', delegate: { isDefaultGateway: true } }] }
  expect(said(flannel)).toMatchObject({
    binaries: ['flannel', 'bridge', 'host-local'],
    subnetFile: '/run/flannel/subnet.env',
    leases: [{ folder: '/var/lib/cni/networks/cbr0', isOfFlannel: true }],
    faults: [],
  })
  const multus = { name: 'multus', type: 'multus', delegates: [flannel, { type: 'macvlan', master: 'eth1' }] }
  expect(said(multus, '/etc/cni/net.d/00-multus.conf')).toMatchObject({
    binaries: ['multus', 'flannel', 'bridge', 'host-local', 'macvlan'],
    leases: [{ folder: '/var/lib/cni/networks/cbr0' }],
  })
  // Go reads keys in other cases too.
  expect(said({ Name: 'pods', Type: 'ptp', IPAM: { type: 'dhcp' } }, '/x.conf')).toMatchObject({
    binaries: ['ptp', 'dhcp'],
  })
  const certain = { name: 'pods', plugins: [{ type: 'bridge', bridge: 'kube-bridge' }, { type: 'calico' }] }
  const { interfaces } = said(certain) as ReturnType<typeof needsOf>
  expect(interfaces[0]).toEqual({ name: 'kube-bridge', of: 'bridge', isCertain: true })
  expect(interfaces.slice(1).every(({ isCertain }) => !isCertain)).toBe(true)
})

test('multus names a file as its pod sees it', () => {
  const files = (clusterNetwork: string) =>
    (said({ name: 'm', type: 'multus-shim', clusterNetwork }, '/x.conf') as ReturnType<typeof needsOf>).files
  expect(files('/host/run/multus/cni/net.d/10-ovn.conf')).toEqual(['/run/multus/cni/net.d/10-ovn.conf'])
  expect(files('10-kindnet.conflist')).toEqual(['10-kindnet.conflist'])
  for (const none of ['default-network', '../10-x.conf', 'a/b.conf', 'a\u0000.conf']) expect(files(none)).toEqual([])
})

test('plug-ins that call one another without end, and names that lead elsewhere, are faults', () => {
  let delegate: object = { type: 'multus' }
  for (let i = 0; i < 1000; i++) delegate = { type: 'multus', delegates: [delegate] }
  expect(said({ name: 'm', ...delegate }, '/x.conf')).toMatchObject({
    faults: ['m: its plug-ins call one another without end'],
  })
  const away = { type: 'bridge', name: '../../etc', ipam: { type: 'host-local', subnet: '10.1.0.0/24' } }
  expect(said({ name: 'm', type: 'multus', delegates: [away] }, '/x.conf')).toMatchObject({
    leases: [],
    faults: ["m: a plug-in's name is none of a network"],
  })
})

test('whatever JSON a file has, it is understood or told, and no path leads out of its folder', () => {
  const word = fc.constantFrom('flannel', 'multus', 'bridge', 'host-local', '../x', 'cbr0', '__proto__', 'constructor')
  const key = fc.constantFrom(
    'name',
    'type',
    'plugins',
    'ipam',
    'delegate',
    'delegates',
    'ranges',
    'subnet',
    'dataDir',
    'bridge',
    'master',
  )
  const { node } = fc.letrec((tie) => ({
    node: fc.oneof(
      { maxDepth: 5 },
      word,
      fc.jsonValue(),
      fc.array(tie('node'), { maxLength: 3 }),
      fc.dictionary(key, tie('node'), { maxKeys: 6 }),
    ),
  }))
  fc.assert(
    fc.property(fc.dictionary(key, node, { maxKeys: 8 }), fc.constantFrom(LIST, '/x.conf'), (conf, path) => {
      const found = said(conf, path)
      if (typeof found === 'string') return
      for (const type of found.binaries) expect(type).not.toContain('/')
      for (const { folder } of found.leases) expect(folder).not.toContain('/../')
      for (const { name } of found.interfaces) expect(name).toMatch(/^[^\s/]{1,15}$/)
    }),
  )
  fc.assert(fc.property(fc.string(), (text) => void confIn(text, LIST)))
})

test('a runtime names its folders; comments and other sections do not', () => {
  const containerd = `version = 2
[plugins."io.containerd.grpc.v1.cri"]
  bin_dir = "/not/this"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/home/kubernetes/bin" # of the image
    #conf_dir = "/nowhere"
    conf_dir = '/etc/cni/net.d/'
    max_conf_num = 1
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "/etc/containerd/certs.d"
    conf_dir = "/not/this"
`
  expect(runtimeFoldersIn(containerd)).toEqual({ config: ['/etc/cni/net.d'], binaries: ['/home/kubernetes/bin'] })
  const third =
    "[plugins.'io.containerd.cri.v1.runtime'.cni]\n  bin_dir = ''\n  bin_dirs = ['/opt/cni/bin', \"/a#b\"]\n"
  expect(runtimeFoldersIn(third)).toEqual({ config: [], binaries: ['/opt/cni/bin', '/a#b'] })
  const crio =
    '[crio.network]\nplugin_dirs = [\n\t"/opt/cni/bin/",\n\t"/usr/libexec/cni/",\n]\nnetwork_dir = "relative"\n'
  expect(runtimeFoldersIn(crio)).toEqual({ config: [], binaries: ['/opt/cni/bin', '/usr/libexec/cni'] })
  fc.assert(fc.property(fc.string(), (value) => void runtimeFoldersIn(`[crio.network]\nplugin_dirs = ${value}`)))
})
