import { once } from 'node:events'
import { chmod, link } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { systemClock } from '#clock'
import { GRPC_STATUS } from '#rpc'
import { spawnChild } from '../host/programs/child.ts'
import { asNobody } from '../rpc/testing-nobody.ts'
import { type CriOptions, createCriClient } from './client.ts'
import {
  containerList,
  type FakeRuntimeAnswers,
  runtimeFolder,
  sandboxList,
  startFakeRuntime,
  startSpeaker,
} from './testing.ts'

/** A runtime that answers so, and who asks it; for one test. */
async function scene(answers: FakeRuntimeAnswers = {}, options: CriOptions = {}) {
  const stack = new AsyncDisposableStack()
  const folder = stack.use(await runtimeFolder())
  const runtime = stack.use(await startFakeRuntime(folder.socket, answers))
  const client = createCriClient(folder.socket, { timeoutMs: 5000, ...options })
  stack.defer(() => client.close())
  return { path: folder.socket, runtime, client, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

const failed = (kind: string, message: string) => ({ ok: false, failure: { kind, message } })

describe('a runtime', () => {
  it('is asked who it is, how it is, what it runs and what that takes, and nothing else', async () => {
    await using at = await scene({ listPodSandbox: sandboxList(2), listContainers: containerList(3) })
    expect(await at.client.version()).toEqual({
      ok: true,
      answer: { name: 'fake', version: '1.0.0', apiVersion: 'v1' },
    })
    const ready = { isTrue: true, reason: '', message: '' }
    expect(await at.client.status()).toEqual({
      ok: true,
      answer: [
        { type: 'RuntimeReady', ...ready },
        { type: 'NetworkReady', ...ready },
      ],
    })
    const [sandboxes, containers] = [await at.client.sandboxes(), await at.client.containers()]
    expect(sandboxes.ok && sandboxes.answer.map(({ name, state }) => `${name} ${state}`)).toEqual([
      'web-0-7d9c5b6f4-x2x0 ready',
      'web-1-7d9c5b6f4-x2x1 ready',
    ])
    expect(containers.ok && containers.answer.length).toBe(3)
    expect(await at.client.imageFs()).toEqual({ ok: true, answer: [] })
    expect(at.runtime.asked).toEqual(['Version', 'Status', 'ListPodSandbox', 'ListContainers', 'ImageFsInfo'])
  })

  it('that says why it cannot answer is heard', async () => {
    await using at = await scene({
      status: { code: GRPC_STATUS.UNKNOWN, details: 'failed to get\n\u001b[31mstatus' },
      version: { code: GRPC_STATUS.UNAVAILABLE, details: 'server is not initialized yet' },
      listContainers: { code: GRPC_STATUS.UNIMPLEMENTED, details: 'unknown service runtime.v1.RuntimeService' },
      listPodSandbox: {
        code: GRPC_STATUS.RESOURCE_EXHAUSTED,
        details: 'grpc: trying to send message larger than max (20000000 vs. 16777216)',
      },
      imageFsInfo: { code: GRPC_STATUS.RESOURCE_EXHAUSTED, details: 'no room' },
    })
    const { client, path } = at
    expect(await client.status()).toMatchObject(
      failed('error', `Status failed at ${path}: UNKNOWN: failed to get [31mstatus`),
    )
    expect(await client.version()).toMatchObject(
      failed('unavailable', `the container runtime at ${path} is not ready: server is not initialized yet`),
    )
    expect(await client.containers()).toMatchObject(
      failed(
        'no-cri',
        `what listens at ${path} does not serve the CRI v1 (unknown service runtime.v1.RuntimeService); of containerd, see disabled_plugins in its configuration`,
      ),
    )
    expect(await client.sandboxes()).toMatchObject({ failure: { kind: 'too-large' } })
    expect(await client.imageFs()).toMatchObject({ failure: { kind: 'error', code: 'RESOURCE_EXHAUSTED' } })
  })

  it('that speaks as gRPC does of itself, or of its own deadline, is heard all the same', async () => {
    await using at = await scene({
      status: { code: GRPC_STATUS.DEADLINE_EXCEEDED, details: 'context deadline exceeded' },
      version: { code: GRPC_STATUS.UNKNOWN, details: 'TOML parsing error at line 3' },
      listContainers: { code: GRPC_STATUS.INTERNAL, details: 'shim: Protocol error' },
      listPodSandbox: { code: GRPC_STATUS.UNAVAILABLE, details: 'snapshotter: read ECONNRESET' },
    })
    const { client, path } = at
    expect(await client.status()).toMatchObject(
      failed('error', `Status failed at ${path}: DEADLINE_EXCEEDED: context deadline exceeded`),
    )
    expect(await client.version()).toMatchObject(
      failed('error', `Version failed at ${path}: UNKNOWN: TOML parsing error at line 3`),
    )
    expect(await client.containers()).toMatchObject({ failure: { kind: 'error', code: 'INTERNAL' } })
    expect(await client.sandboxes()).toMatchObject(
      failed('unavailable', `the container runtime at ${path} is not ready: snapshotter: read ECONNRESET`),
    )
  })

  it('that takes no connection any more hangs, and has not ended', async () => {
    await using folder = await runtimeFolder()
    const listens =
      'import socket, sys, time; s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(0); print(); time.sleep(60)'
    const up = Promise.withResolvers<void>()
    const args = ['-uc', listens, folder.socket]
    const full = await spawnChild(systemClock(), 'python3', args, { onLine: () => up.resolve(), dieWithParent: true })
    await up.promise
    const waiting = connect(folder.socket)
    await once(waiting, 'connect')
    const client = createCriClient(folder.socket, { timeoutMs: 5000 })
    const message = `nobody takes the connections that wait at ${folder.socket}, and there is no room for another: the container runtime hangs`
    expect(await client.version()).toMatchObject({ failure: { kind: 'timeout', code: 'EAGAIN', message } })
    client.close()
    waiting.destroy()
    await full.stop(0)
  })

  it('is called in words by where the host has it', async () => {
    await using folder = await runtimeFolder()
    const client = createCriClient(folder.socket, { place: '/run/containerd/containerd.sock' })
    expect(await client.version()).toMatchObject({
      failure: { message: expect.stringContaining('no socket at /run/containerd/containerd.sock:') },
    })
    client.close()
  })

  it('that says nothing has its time, and no more', async () => {
    await using at = await scene({ listContainers: 'never' }, { timeoutMs: 150 })
    const begunMs = performance.now()
    expect(await at.client.containers()).toMatchObject(
      failed(
        'timeout',
        `no answer to ListContainers at ${at.path} within 150 ms: the container runtime hangs or is overloaded`,
      ),
    )
    expect(performance.now() - begunMs).toBeLessThan(5000)
    expect(await at.client.version()).toMatchObject({ ok: true })
  })

  it('whose answer is too large is not listened to', async () => {
    await using at = await scene({ listContainers: containerList(10_000) })
    const answer = await at.client.containers()
    expect(answer).toMatchObject({ failure: { kind: 'too-large', code: 'RESOURCE_EXHAUSTED' } })
    expect(answer.ok ? '' : answer.failure.message).toMatch(
      /^the answer to ListContainers at .*\.sock is \d+\.\d MiB and is larger than what is read of one \(4 MiB\); remove containers that have ended \(crictl ps -a\)$/,
    )
  })

  it('that lists millions of nothing is not listened to either', async () => {
    await using at = await scene({ listPodSandbox: new Uint8Array(Buffer.from('0a00'.repeat(1_000_000), 'hex')) })
    expect(await at.client.sandboxes()).toMatchObject(
      failed(
        'too-large',
        `the answer to ListPodSandbox at ${at.path} is larger than what is read of one (4 MiB); remove pods that have ended (crictl pods); large annotations of pods count too`,
      ),
    )
  })

  it('that talks nonsense is told so, and is asked again', async () => {
    await using at = await scene({
      version: new Uint8Array([0xff, 0xff, 0xff]),
      status: new Uint8Array([0x0a, 0x7f]),
      listPodSandbox: new Uint8Array([0x0a, 0x05, 0xff]),
    })
    for (const asked of [at.client.version(), at.client.status(), at.client.sandboxes()])
      expect(await asked).toMatchObject({ failure: { kind: 'malformed' } })
    expect(await at.client.containers()).toMatchObject({ ok: true })
  })

  it('whose socket is gone, stale, closed to us, or somebody else’s is told apart', async () => {
    await using folder = await runtimeFolder()
    const path = folder.socket
    const ask = async () => {
      const client = createCriClient(path, { timeoutMs: 3000 })
      try {
        return await client.version()
      } finally {
        client.close()
      }
    }
    expect(await ask()).toMatchObject(
      failed('missing', `no socket at ${path}: the container runtime is not running, or listens elsewhere`),
    )
    {
      await using _web = await startSpeaker(path, 'HTTP/1.1 400 Bad Request\r\n\r\n')
      expect(await ask()).toMatchObject({ failure: { kind: 'malformed' } })
    }
    {
      await using _breaking = await startSpeaker(path, undefined)
      expect(await ask()).toMatchObject({ failure: { kind: 'reset' } })
    }
    await using _runtime = await startFakeRuntime(path)
    await chmod(path, 0o600)
    await chmod(folder.path, 0o755)
    if (process.geteuid?.() !== 0) return
    await asNobody(async () => {
      const answer = await ask()
      expect(answer).toMatchObject({ failure: { kind: 'denied', code: 'EACCES' } })
      expect(answer.ok ? '' : answer.failure.message).toContain(
        `permission denied at ${path}: it has mode 0600, owner uid 0, group gid 0; this process is uid 65534`,
      )
    })
  })

  it('that nobody listens for refuses', async () => {
    await using folder = await runtimeFolder()
    const path = join(folder.path, 'stale.sock')
    // Whoever closes a socket takes its name away; what a killed runtime leaves is another one.
    const server = createServer()
    await new Promise<void>((listening) => server.listen(folder.socket, listening))
    await link(folder.socket, path)
    await new Promise((closed) => server.close(closed))
    const client = createCriClient(path)
    expect(await client.version()).toMatchObject(
      failed('refused', `connection refused at ${path}: the container runtime is not running`),
    )
    client.close()
  })

  it('that is killed while it is asked broke off', async () => {
    await using at = await scene({ status: 'never' })
    const asked = at.client.status()
    await expect.poll(() => at.runtime.asked).toEqual(['Status'])
    await at.runtime.kill()
    expect(await asked).toMatchObject({ failure: { kind: 'reset' } })
  })

  it('is asked no longer than anybody wants to know', async () => {
    await using at = await scene({ status: 'never' })
    const abort = new AbortController()
    const asked = at.client.status({ signal: abort.signal })
    await expect.poll(() => at.runtime.asked).toEqual(['Status'])
    abort.abort(new Error('enough'))
    await expect(asked).rejects.toThrow('enough')
    await expect(at.client.version({ signal: abort.signal })).rejects.toThrow('enough')
  })
})
