/** Which of several container runtimes is the node's, over sockets that really listen. */
import { mkdir, symlink } from 'node:fs/promises'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { findRuntime } from '#cri'
import { createHost, type UnitLook } from '#host'
import { handClock } from '#monitor-kit/testing'
import { tempFolder, writeTree } from '../../../../libs/host/testing.ts'
import { sharedOver } from '../testing-shared.ts'
import type { Ways } from '../ways.ts'
import { findNodeRuntime, socketOf } from './node-runtime.ts'

const CONTAINERD = '/run/containerd/containerd.sock'
const CRIO = '/run/crio/crio.sock'
const K3S = '/run/k3s/containerd/containerd.sock'
const FILE = 'var/lib/kubelet/config.yaml'

function kubeletUnit(mainPid: number): UnitLook {
  const service = { result: 'success', mainPid, restarts: 0, exitStatus: 0 } as const
  const states = { loadState: 'loaded', activeState: 'active', subState: 'running', fileState: 'enabled' } as const
  return {
    kind: 'known',
    unit: { name: 'kubelet.service', ...states, activeEnteredAt: undefined, service },
  } as UnitLook
}

/** A machine on which some sockets listen, and a kubelet of this command line runs; "": none is seen. */
async function machine(sockets: readonly string[], cmdline: string, files: Readonly<Record<string, string>> = {}) {
  const stack = new AsyncDisposableStack()
  const { path: root } = stack.use(await tempFolder())
  await mkdir(join(root, 'var'))
  await symlink('/run', join(root, 'var/run'))
  await writeTree(root, { ...files, ...(cmdline === '' ? {} : { 'proc/812/cmdline': cmdline }) })
  async function listen(path: string) {
    await mkdir(dirname(join(root, path)), { recursive: true })
    const server = createServer()
    await new Promise<void>((listening) => server.listen(join(root, path), listening))
    const close = () => new Promise<void>((closed) => void server.close(() => closed()))
    stack.defer(close)
    return close
  }
  const closers = new Map<string, () => Promise<void>>()
  for (const path of sockets) closers.set(path, await listen(path))
  const clock = handClock()
  let asked = 0
  const ways: Ways = {
    ...sharedOver(root, clock),
    findRuntime,
    unit(_host, name) {
      asked++
      const none: UnitLook = { kind: 'unknown', reason: 'no-bus', message: 'no bus' }
      return Promise.resolve(cmdline !== '' && name === 'kubelet.service' ? kubeletUnit(812) : none)
    },
  }
  const look = { ways, host: createHost({ root }), clock, signal: AbortSignal.timeout(10_000) }
  return {
    ways,
    clock,
    root,
    asked: () => asked,
    find: (configured = '') => findNodeRuntime(look, configured),
    close: (path: string) => closers.get(path)?.(),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

describe('of two runtimes on one machine', () => {
  const KUBELET = '/usr/bin/kubelet\0--config=/var/lib/kubelet/config.yaml\0'

  it.each([
    ['its flag', `${KUBELET}--container-runtime-endpoint=unix:///run/crio/crio.sock\0`, '', 'CRI-O'],
    [
      'its flag, in two words',
      '/usr/bin/kubelet\0--container-runtime-endpoint\0/var/run/crio/crio.sock\0',
      '',
      'CRI-O',
    ],
    ['its flag, whatever the file says', `${KUBELET}--container-runtime-endpoint=${CONTAINERD}\0`, CRIO, 'containerd'],
    ['its file', KUBELET, `unix://${CRIO}`, 'CRI-O'],
    ['its file, which names the other one', KUBELET, `unix:///var${CONTAINERD}`, 'containerd'],
    ['its default', KUBELET, '', 'containerd'],
    ['the flags of a k3s', `/usr/local/bin/k3s\0agent\0--container-runtime-endpoint=${CONTAINERD}\0`, '', 'containerd'],
  ])('the kubelet’s is the node’s, by %s', async (_by, cmdline, endpoint, name) => {
    const written = endpoint === '' ? '' : `containerRuntimeEndpoint: ${endpoint}\n`
    await using at = await machine([CONTAINERD, CRIO], cmdline, { [FILE]: `kind: KubeletConfiguration\n${written}` })
    const node = await at.find()
    expect(node).toMatchObject({ found: { kind: 'listening', name, others: [] }, doubt: '' })
    expect(node.kubelets).not.toBe('')
  })

  it('what is in force says it, whatever its unit', async () => {
    await using at = await machine([CONTAINERD, CRIO], '')
    at.ways.told.configuration = { containerRuntimeEndpoint: `unix://${CONTAINERD}` }
    expect(await at.find()).toMatchObject({ found: { name: 'containerd', others: [] }, doubt: '' })
    expect(at.asked()).toBe(0)
  })

  it.each([
    ['no kubelet is seen', '', {}],
    ['its file cannot be read as what it is', KUBELET, { [FILE]: '{' }],
    ['further files may say another', `${KUBELET}--config-dir=/etc/kubelet.d\0`, { [FILE]: 'a: b\n' }],
    ['it is of the time of dockershim', `${KUBELET}--network-plugin=cni\0`, { [FILE]: 'a: b\n' }],
  ])('both may be the node’s, which is said plainly, where %s', async (_why, cmdline, files) => {
    await using at = await machine([CONTAINERD, CRIO], cmdline, files)
    const node = await at.find()
    expect(node).toMatchObject({ found: { kind: 'listening', name: 'CRI-O' }, kubelets: '' })
    expect(node.doubt).toBe(
      `containerd listens at ${CONTAINERD} too, and which of them the kubelet asks is not seen; name its socket in criSocket`,
    )
    expect(socketOf(node)).toMatchObject({ ok: false, reason: 'RuntimeNotAsked', message: node.doubt })
    expect(socketOf(await at.find(`unix://${CRIO}`))).toMatchObject({ ok: true, value: { name: 'CRI-O' } })
  })

  it.each(['/run/cri-dockerd.sock', K3S])(
    'there is no doubt about one that lies beneath %s, or beside it',
    async (path) => {
      await using at = await machine([CONTAINERD, path], '')
      const node = await at.find()
      expect([node.doubt, socketOf(node).ok]).toEqual(['', true])
    },
  )

  it('the other one is not taken where the kubelet’s own has stopped', async () => {
    await using at = await machine([CONTAINERD, CRIO], `${KUBELET}--container-runtime-endpoint=unix://${CRIO}\0`)
    expect((await at.find()).found).toMatchObject({ name: 'CRI-O' })
    await at.close(CRIO)
    expect(await at.find()).toEqual({
      found: { kind: 'none', message: `no socket at unix://${CRIO}` },
      kubelets: `unix://${CRIO}`,
      doubt: '',
    })
  })

  it('one that the kubelet was moved to is found at once, and nobody asks for that again and again', async () => {
    await using at = await machine([CONTAINERD, CRIO], `${KUBELET}--container-runtime-endpoint=unix://${CRIO}\0`)
    for (let turn = 0; turn < 10; turn++) {
      await at.find()
      at.clock.pass(29_000)
    }
    expect(at.asked()).toBe(1)
    await at.close(CRIO)
    await writeTree(at.root, { 'proc/812/cmdline': `${KUBELET}--container-runtime-endpoint=unix://${CONTAINERD}\0` })
    expect(await at.find()).toMatchObject({ found: { kind: 'listening', name: 'containerd' }, doubt: '' })
  })
})
