/** The client at a real containerd. */
import { rmSync, symlinkSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createHost } from '#host'
import { createCriClient } from './client.ts'
import { findRuntime } from './find-runtime.ts'
import { createContainerd, type TestContainerd, whyNoContainerd } from './testing-containerd.ts'

const why = whyNoContainerd()
if (why !== '') console.log(`libs/cri/containerd.test.ts ${why}`)

describe.skipIf(why !== '')('containerd', () => {
  let containerd: TestContainerd

  beforeAll(async () => {
    containerd = await createContainerd()
    await containerd.start()
  })
  afterAll(() => containerd[Symbol.asyncDispose]())

  const connect = (timeoutMs = 10_000) => {
    const client = createCriClient(containerd.socket, { timeoutMs })
    return Object.assign(client, { [Symbol.dispose]: () => client.close() })
  }
  /** It listens before it answers. */
  const untilReady = async (client: ReturnType<typeof connect>) => {
    await expect.poll(async () => (await client.status()).ok).toBe(true)
  }

  it('says who it is, how it is, and what it holds', async () => {
    using client = connect()
    await untilReady(client)
    const version = await client.version()
    expect(version).toMatchObject({ ok: true, answer: { name: 'containerd', apiVersion: 'v1' } })
    expect(version.ok ? version.answer.version : '').toMatch(/^v?\d+\.\d+/)
    expect(await client.status()).toMatchObject({
      ok: true,
      answer: [
        { type: 'RuntimeReady', isTrue: true },
        {
          type: 'NetworkReady',
          isTrue: false,
          reason: 'NetworkPluginNotReady',
          message: 'Network plugin returns error: cni plugin not initialized',
        },
      ],
    })
    expect(await client.sandboxes()).toEqual({ ok: true, answer: [] })
    expect(await client.containers()).toEqual({ ok: true, answer: [] })
    const filesystems = await client.imageFs()
    expect(filesystems).toMatchObject({ ok: true, answer: [{ of: 'images', usedBytes: expect.any(Number) }] })
    expect(filesystems.ok ? filesystems.answer[0]?.mountpoint : '').toMatch(/\/root\/io\.containerd\.snapshotter/)
  })

  it('has the pods that were made, and says which have ended', async () => {
    using client = connect()
    await untilReady(client)
    await using one = await containerd.runPod('one', { 'kubernetes.io/config.source': 'file' })
    await using _two = await containerd.runPod('two')
    const listed = await client.sandboxes()
    const pods = listed.ok ? listed.answer.toSorted((a, b) => (a.name < b.name ? -1 : 1)) : []
    expect(pods).toMatchObject([
      {
        id: one.id,
        name: 'one',
        namespace: 'test',
        state: 'ready',
        source: 'file',
      },
      { name: 'two', state: 'ready', source: '' },
    ])
    await one.stop()
    const after = await client.sandboxes()
    expect(after.ok && after.answer.find((pod) => pod.id === one.id)?.state).toBe('not-ready')
  })

  it('is found below the root that it is configured at', async () => {
    const found = await findRuntime(createHost({ root: '' }), { endpoint: `unix://${containerd.socket}` })
    expect(found).toEqual({
      kind: 'listening',
      name: 'the container runtime',
      path: containerd.socket,
      place: containerd.socket,
      others: [],
    })
  })

  it('that stands still has its time, and answers when it goes on', async () => {
    using client = connect(300)
    await untilReady(client)
    await containerd.signal('SIGSTOP')
    const message = `no answer to Status at ${containerd.socket} within 300 ms: the container runtime hangs or is overloaded`
    expect(await client.status()).toMatchObject({ failure: { kind: 'timeout', message } })
    using another = connect(300)
    expect(await another.version()).toMatchObject({ failure: { kind: 'timeout' } })
    await containerd.signal('SIGCONT')
    await untilReady(client)
  })

  it('that was killed refuses, and one that came back is reached at its new socket', async () => {
    using held = connect()
    await untilReady(held)
    await containerd.signal('SIGKILL')
    using fresh = connect()
    const refused = {
      failure: {
        kind: 'refused',
        message: `connection refused at ${containerd.socket}: the container runtime is not running`,
      },
    }
    expect(await fresh.version()).toMatchObject(refused)
    await expect.poll(() => held.version()).toMatchObject(refused)
    await containerd.start()
    using after = connect()
    await untilReady(after)
    await untilReady(held)
  })

  it('that was stopped in order takes its socket along', async () => {
    await containerd.signal('SIGTERM')
    using client = connect()
    const message = `no socket at ${containerd.socket}: the container runtime is not running, or listens elsewhere`
    expect(await client.version()).toMatchObject({ failure: { kind: 'missing', code: 'ENOENT', message } })
    const host = createHost({ root: '' })
    expect(await findRuntime(host, { endpoint: containerd.socket })).toMatchObject({ kind: 'none' })
    await containerd.start()
    await untilReady(client)
  })

  it('that hangs does not keep who asks from the one that took its place', async () => {
    await using hung = await createContainerd()
    await hung.start()
    await hung.signal('SIGSTOP')
    rmSync(hung.socket)
    symlinkSync(containerd.socket, hung.socket)
    const client = createCriClient(hung.socket)
    expect(await client.version()).toMatchObject({ ok: true })
    client.close()
  })

  it('without its plugin for Kubernetes is none that we can ask', async () => {
    await using bare = await createContainerd('disabled_plugins = ["io.containerd.grpc.v1.cri"]')
    await bare.start()
    const client = createCriClient(bare.socket)
    expect(await client.version()).toMatchObject({
      failure: {
        kind: 'no-cri',
        message: `what listens at ${bare.socket} does not serve the CRI v1 (unknown service runtime.v1.RuntimeService); of containerd, see disabled_plugins in its configuration`,
      },
    })
    client.close()
  })
})
