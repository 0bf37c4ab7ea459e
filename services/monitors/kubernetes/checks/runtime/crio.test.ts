/**
 * The check at a CRI-O that was written after its source (server/runtime_status.go, version.go, image_fs_info.go of 1.31), over a real
 * socket and in the messages of the CRI, beside a containerd that a Docker has brought. No real one was asked.
 */
import { mkdir } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { systemClock } from '#clock'
import { findRuntime } from '#cri'
import type { UnitLook } from '#host'
import { findingOf, handClock, heldMemory, startCheck } from '#monitor-kit/testing'
import type { StatusResponse } from '#proto/runtime/v1/api.ts'
import {
  containerMessage,
  type FakeRuntime,
  sandboxMessage,
  startFakeRuntime,
} from '../../../../../libs/cri/testing.ts'
import { tempFolder, writeTree } from '../../../../../libs/host/testing.ts'
import { createWays, type Ways } from '../../ways.ts'
import { runtime } from './check.ts'
import { schema } from './config.ts'

const CRIO = '/var/run/crio/crio.sock'
/** `crictl version` of a CRI-O 1.31. */
const VERSION = { version: '0.1.0', runtimeName: 'cri-o', runtimeVersion: '1.31.3', runtimeApiVersion: 'v1' }
/** As CRI-O says it where CNI has no configuration (`crictl info`). */
const NO_CNI =
  'Network plugin returns error: No CNI configuration file in /etc/cni/net.d/. Has your network provider started?'
const STORAGE = '/var/lib/containers/storage'

function statusOf(network: { status: boolean; reason: string; message: string }): StatusResponse {
  // CRI-O never says that it itself is not ready.
  const conditions = [
    { type: 'RuntimeReady', status: true, reason: '', message: '' },
    { type: 'NetworkReady', ...network },
  ]
  return { status: { conditions }, info: {}, runtimeHandlers: [], features: undefined }
}
const READY = statusOf({ status: true, reason: '', message: '' })

function usageOf(folder: string, bytes: string) {
  const counted = { timestamp: '1763337600123456789', usedBytes: { value: bytes }, inodesUsed: { value: '41000' } }
  return { ...counted, fsId: { mountpoint: `${STORAGE}/${folder}` } }
}

function unitOf(name: string, activeState: string): UnitLook {
  const states = { loadState: 'loaded', activeState, subState: activeState === 'active' ? 'running' : 'dead' }
  const service = { result: 'success', mainPid: activeState === 'active' ? 812 : 0, restarts: 0, exitStatus: 0 }
  return {
    kind: 'known',
    unit: { name, ...states, fileState: 'enabled', activeEnteredAt: undefined, service },
  } as UnitLook
}

/** A node whose kubelet asks CRI-O, and on which Docker's containerd listens too, which serves no CRI. */
async function crioNode(status: StatusResponse = READY) {
  const stack = new AsyncDisposableStack()
  onTestFinished(() => stack.disposeAsync())
  const { path: root } = stack.use(await tempFolder())
  await writeTree(root, {
    'var/lib/kubelet/config.yaml': 'kind: KubeletConfiguration\n',
    'proc/812/cmdline': `/usr/bin/kubelet\0--config=/var/lib/kubelet/config.yaml\0--container-runtime-endpoint=unix://${CRIO}\0`,
  })
  for (const path of [CRIO, '/run/containerd/containerd.sock'])
    await mkdir(dirname(join(root, path)), { recursive: true })
  const containerd: Server = createServer((socket) => socket.destroy())
  await new Promise<void>((listening) => containerd.listen(join(root, '/run/containerd/containerd.sock'), listening))
  stack.defer(() => new Promise<void>((closed) => void containerd.close(() => closed())))
  const crio: FakeRuntime = stack.use(
    await startFakeRuntime(join(root, CRIO), {
      version: VERSION,
      status,
      listPodSandbox: { items: [sandboxMessage(1), sandboxMessage(2)] },
      listContainers: { containers: [containerMessage(1), containerMessage(2)] },
      imageFsInfo: {
        imageFilesystems: [usageOf('overlay-images', '1572864000')],
        containerFilesystems: [usageOf('overlay-containers', '20480')],
      },
    }),
  )
  const units: Record<string, UnitLook> = {
    'kubelet.service': unitOf('kubelet.service', 'active'),
    'crio.service': unitOf('crio.service', 'active'),
    'containerd.service': unitOf('containerd.service', 'active'),
  }
  const ways: Ways = {
    ...createWays(),
    findRuntime,
    unit: (_host, name) => Promise.resolve(units[name] ?? { kind: 'unknown', reason: 'no-bus', message: 'no bus' }),
  }
  const hand = handClock()
  const clock = { ...systemClock(), pass: hand.pass, step: hand.step }
  const check = startCheck(runtime, { root, config: schema.parse({}), memory: heldMemory(), clock, shared: ways })
  return { check, crio, units }
}

test('a CRI-O that is well is well, by its own name, and its pods are not stuck', async () => {
  const { check, crio } = await crioNode()
  await check.run()
  const result = await check.run()
  expect(findingOf(result, 'ContainerRuntimeUnhealthy')).toMatchObject({
    ...{ health: 'healthy', reason: 'RuntimeAnswers', message: 'cri-o 1.31.3 answers' },
  })
  for (const type of ['PodNetworkNotReady', 'PodsStuck'])
    expect(findingOf(result, type)).toMatchObject({ health: 'healthy' })
  expect(new Set(crio.asked)).toEqual(new Set(['Version', 'Status', 'ListPodSandbox', 'ListContainers', 'ImageFsInfo']))
  const used = (result.metrics ?? []).filter(({ name }) => name === 'container_runtime_filesystem_used_bytes')
  expect(used.map(({ labels }) => labels)).toEqual([
    { of: 'images', mount: `${STORAGE}/overlay-images` },
    { of: 'containers', mount: `${STORAGE}/overlay-containers` },
  ])
})

test('a CRI-O without CNI is well, and pods get no network, in its own words', async () => {
  const { check } = await crioNode(statusOf({ status: false, reason: 'NetworkPluginNotReady', message: NO_CNI }))
  await check.run()
  const result = await check.run()
  expect(findingOf(result, 'ContainerRuntimeUnhealthy')).toMatchObject({ health: 'healthy' })
  expect(findingOf(result, 'PodNetworkNotReady')).toMatchObject({
    ...{ health: 'problem', severity: 'critical', reason: 'NetworkNotReady' },
    message: `CRI-O says: NetworkReady is false: NetworkPluginNotReady: ${NO_CNI}; pods get no network, see the configuration of CNI in /etc/cni/net.d`,
  })
})

test('a CRI-O that was stopped is the problem, though the containerd beside it listens', async () => {
  const { check, crio, units } = await crioNode()
  await check.run()
  await crio.kill()
  units['crio.service'] = unitOf('crio.service', 'inactive')
  await check.run()
  expect(findingOf(await check.run(), 'ContainerRuntimeUnhealthy')).toMatchObject({
    ...{ health: 'problem', severity: 'critical', reason: 'RuntimeStopped', summary: 'CRI-O is not running' },
    message: `CRI-O is gone: no socket at unix://${CRIO}; crio.service is inactive (dead)`,
  })
})
