import { chmod, link, mkdir, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createHost, type Host, HostReadError } from '#host'
import { tempFolder } from '../host/testing.ts'
import { asNobody } from '../rpc/testing-nobody.ts'
import { findRuntime } from './find-runtime.ts'

const CONTAINERD = '/run/containerd/containerd.sock'
const CRIO = '/run/crio/crio.sock'

/** A root of the host below which some sockets are: with a listener, or with none. */
async function scene() {
  const stack = new AsyncDisposableStack()
  const { path: root } = stack.use(await tempFolder())
  async function socket(path: string, isStale = false): Promise<void> {
    const at = join(root, path)
    await mkdir(dirname(at), { recursive: true })
    const server = createServer()
    const first = isStale ? `${at}.x` : at
    await new Promise<void>((listening) => server.listen(first, listening))
    const close = () => new Promise<void>((closed) => void server.close(() => closed()))
    if (!isStale) return stack.defer(close)
    await link(first, at)
    await close()
  }
  return { root, host: createHost({ root }), socket, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

describe('the runtime of a node', () => {
  it('cannot be told where its folder hangs', async () => {
    const err = new HostReadError({ action: 'find', path: CONTAINERD, code: 'TIMEOUT' })
    const host = { root: '', files: { realPath: () => Promise.reject(err) } } as unknown as Host
    expect(await findRuntime(host)).toEqual({ kind: 'unusable', message: err.message })
  })

  it('is none where there is no socket', async () => {
    await using at = await scene()
    expect(await findRuntime(at.host)).toEqual({
      kind: 'none',
      message:
        'no socket of a container runtime at /run/k3s/containerd/containerd.sock, /run/crio/crio.sock, /run/cri-dockerd.sock, /run/containerd/containerd.sock, or below /var/run',
    })
  })

  it.each([
    ['containerd', CONTAINERD],
    ['CRI-O', CRIO],
    ['containerd of k3s', '/run/k3s/containerd/containerd.sock'],
    ['cri-dockerd', '/run/cri-dockerd.sock'],
  ])('is %s where that listens at %s, or below /var/run', async (name, path) => {
    await using at = await scene()
    await at.socket(`/var${path}`)
    expect(await findRuntime(at.host)).toEqual({
      kind: 'listening',
      name,
      path: `${at.root}/var${path}`,
      place: `/var${path}`,
      others: [],
    })
    await at.socket(path)
    expect(await findRuntime(at.host)).toMatchObject({ path: at.root + path, others: [{ name }] })
  })

  it('is found once where /var/run is a link, as on every node', async () => {
    await using at = await scene()
    await at.socket(CONTAINERD)
    await mkdir(join(at.root, 'var'))
    await symlink('/run', join(at.root, 'var/run'))
    const found = { kind: 'listening', name: 'containerd', path: at.root + CONTAINERD, place: CONTAINERD, others: [] }
    expect(await findRuntime(at.host)).toEqual(found)
    expect(await findRuntime(at.host, { endpoint: `unix:///var${CONTAINERD}` })).toEqual(found)
  })

  it('is the one that is there for Kubernetes alone: below cri-dockerd lies a containerd', async () => {
    await using at = await scene()
    await at.socket(CONTAINERD)
    await at.socket('/run/cri-dockerd.sock')
    expect(await findRuntime(at.host)).toEqual({
      kind: 'listening',
      name: 'cri-dockerd',
      path: `${at.root}/run/cri-dockerd.sock`,
      place: '/run/cri-dockerd.sock',
      others: [{ name: 'containerd', path: at.root + CONTAINERD, place: CONTAINERD }],
    })
    expect(await findRuntime(at.host, { endpoint: `unix://${CONTAINERD}` })).toMatchObject({
      name: 'containerd',
      others: [],
    })
  })

  it('is silent where nobody listens, unless another does', async () => {
    await using at = await scene()
    await at.socket(CRIO, true)
    expect(await findRuntime(at.host)).toEqual({
      kind: 'silent',
      name: 'CRI-O',
      path: at.root + CRIO,
      place: CRIO,
      message: `connection refused at ${CRIO}: the container runtime is not running`,
    })
    await at.socket(CONTAINERD)
    expect(await findRuntime(at.host)).toMatchObject({ kind: 'listening', name: 'containerd', others: [] })
    expect(await findRuntime(at.host, { endpoint: CRIO })).toMatchObject({ kind: 'silent' })
  })

  it('is none where a folder lies in its place, as a pod leaves that mounts a socket before there is one, or a file', async () => {
    await using at = await scene()
    await mkdir(join(at.root, CRIO), { recursive: true })
    await mkdir(join(at.root, dirname(CONTAINERD)), { recursive: true })
    await writeFile(join(at.root, CONTAINERD), '')
    expect(await findRuntime(at.host)).toMatchObject({ kind: 'none' })
    for (const endpoint of [CRIO, CONTAINERD])
      expect(await findRuntime(at.host, { endpoint })).toEqual({ kind: 'none', message: `no socket at ${endpoint}` })
  })

  it('is closed to us where its socket, or its folder, is', async () => {
    if (process.geteuid?.() !== 0) return
    await using at = await scene()
    await at.socket(CONTAINERD)
    await chmod(at.root, 0o755)
    await chmod(at.root + CONTAINERD, 0o660)
    await asNobody(async () => {
      expect(await findRuntime(at.host)).toMatchObject({
        kind: 'denied',
        name: 'containerd',
        message: expect.stringContaining(
          `permission denied at ${CONTAINERD}: it has mode 0660, owner uid 0, group gid 0; this process is uid 65534`,
        ),
      })
    })
    await chmod(at.root + dirname(CONTAINERD), 0o700)
    await asNobody(async () => {
      expect(await findRuntime(at.host)).toMatchObject({
        kind: 'denied',
        message: expect.stringContaining(`its folder ${at.root}/run/containerd has mode 0700`),
      })
    })
  })

  it('that is configured may be anywhere, and what is no socket is said so', async () => {
    await using at = await scene()
    await at.socket('/opt/own.sock')
    for (const endpoint of ['unix:///opt/own.sock', 'unix:/opt/own.sock', '/opt/own.sock'])
      expect(await findRuntime(at.host, { endpoint })).toMatchObject({
        kind: 'listening',
        name: 'the container runtime',
        path: `${at.root}/opt/own.sock`,
      })
    expect(await findRuntime(at.host, { endpoint: 'unix:///opt/other.sock' })).toEqual({
      kind: 'none',
      message: 'no socket at unix:///opt/other.sock',
    })
    for (const endpoint of ['tcp://127.0.0.1:2375', 'npipe:////./pipe/x', 'unix://run/x.sock', 'run/x.sock'])
      expect(await findRuntime(at.host, { endpoint })).toEqual({
        kind: 'unusable',
        message: `"${endpoint}" is no socket of this machine; expected unix:///run/NAME/NAME.sock`,
      })
    const long = `/${'d'.repeat(120)}`
    await mkdir(join(at.root, long))
    expect(await findRuntime(at.host, { endpoint: long })).toMatchObject({
      kind: 'unusable',
      message: expect.stringMatching(/ has \d+ bytes, and a Unix socket's path may have 107; mount its folder nearer/),
    })
  })
})
