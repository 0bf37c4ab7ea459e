/** A real containerd of the test's own, with pods that are made by the CRI: calls that are not in our proto are written by hand here. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs'
import { rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { BinaryWriter } from '@bufbuild/protobuf/wire'
import { connectUnix, isAnswered, type Method } from '#rpc'
import { tempFolder } from '../host/testing.ts'

/** Why there is no containerd here; "" where there is. */
export function whyNoContainerd(): string {
  if (process.getuid?.() !== 0) return 'skipped: containerd needs root'
  const places = (process.env['PATH'] ?? '').split(':').concat('/usr/sbin', '/sbin')
  const missing = ['containerd', 'ctr', 'runc'].filter((name) => !places.some((place) => existsSync(join(place, name))))
  return missing.length === 0 ? '' : `skipped: ${missing.join(', ')} not found (apt-get install containerd runc)`
}

export interface TestContainerd extends AsyncDisposable {
  readonly socket: string
  /** Starts it, unless it runs; it listens once this resolves, and may not answer yet. */
  start(): Promise<void>
  /** Sends it a signal, and waits until it stands still or has ended where that is one for it. */
  signal(name: 'SIGTERM' | 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): Promise<void>
  /** Makes a pod on the host's network, which must be gone before its runtime is. */
  runPod(name: string, annotations?: Readonly<Record<string, string>>): Promise<TestPod>
  /** Gives the image of pods another name, with a layer of its own of so many bytes. */
  addImage(name: string, bytes: number): void
}

export interface TestPod extends AsyncDisposable {
  /** Of its sandbox. */
  readonly id: string
  stop(): Promise<void>
  /** Starts a container of an image, and ends it where `isDead`. @returns its id */
  runContainer(name: string, attempt: number, image: string, isDead: boolean): Promise<string>
}

const PAUSE = 'docker.io/nd/pause:1'
const START_MS = 20_000

/** @param more lines of the configuration that come first: `disabled_plugins = […]` */
export async function createContainerd(more = ''): Promise<TestContainerd> {
  const folder = await tempFolder()
  const at = (name: string) => join(folder.path, name)
  const socket = at('c.sock')
  const cgroup = `nd-cri-${process.pid}-${folder.path.slice(-6)}`
  let child: ChildProcess | undefined
  let hasImage = false
  writeFileSync(at('config.toml'), configuration(folder.path, more))

  async function start(): Promise<void> {
    if (child !== undefined) return
    const log = openSync(at('log'), 'a')
    const args = ['--pdeathsig', 'KILL', 'containerd', '-c', at('config.toml')]
    child = spawn('setpriv', args, { stdio: ['ignore', log, log], detached: true })
    closeSync(log)
    const endMs = performance.now() + START_MS
    while (!(await connects(socket))) {
      if (child.exitCode !== null || performance.now() > endMs)
        throw new Error(`containerd does not start: ${readFileSync(at('log'), 'utf8').slice(-2000)}`)
      await new Promise((soon) => setTimeout(soon, 20))
    }
  }

  async function signal(name: Parameters<TestContainerd['signal']>[0]): Promise<void> {
    const to = child
    if (to === undefined) return
    const ended = new Promise((resolve) => to.once('exit', resolve))
    to.kill(name)
    // On a busy machine its threads go on for a while.
    if (name === 'SIGSTOP') await stopped(to.pid ?? 0)
    if (name === 'SIGSTOP' || name === 'SIGCONT') return
    child = undefined
    await ended
  }

  const ask = (call: string, request: Uint8Array) => askByHand(socket, call, request)

  return {
    socket,
    start,
    signal,
    async runPod(name, annotations = {}) {
      if (!hasImage) importImage(folder.path, socket, PAUSE, 0)
      hasImage = true
      const answer = await ask('RunPodSandbox', podRequest({ name, annotations, cgroup, logs: at('logs') }))
      const id = Buffer.from(answer.subarray(2)).toString()
      const stop = async () => void (await ask('StopPodSandbox', text(1, id).finish()))
      return {
        id,
        stop,
        async runContainer(container, attempt, image, isDead) {
          const config = podConfig({ name, annotations, cgroup, logs: at('logs') })
          const made = await ask('CreateContainer', containerRequest(id, { container, attempt, image, name }, config))
          const containerId = Buffer.from(made.subarray(2)).toString()
          await ask('StartContainer', text(1, containerId).finish())
          if (isDead) await ask('StopContainer', text(1, containerId).finish())
          return containerId
        },
        async [Symbol.asyncDispose]() {
          await stop()
          await ask('RemovePodSandbox', text(1, id).finish())
        },
      }
    },
    addImage: (name, bytes) => importImage(folder.path, socket, name, bytes),
    async [Symbol.asyncDispose]() {
      await signal('SIGCONT')
      await signal('SIGTERM')
      removeCgroups(cgroup)
      await rm(folder.path, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

function configuration(folder: string, more: string): string {
  return `version = 2
${more}
root = "${folder}/root"
state = "${folder}/state"
[grpc]
  address = "${folder}/c.sock"
[plugins."io.containerd.internal.v1.opt"]
  path = "${folder}/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${PAUSE}"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    conf_dir = "${folder}/cni"
    bin_dir = "${folder}/cni-bin"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      Root = "${folder}/runc"
`
}

/** Resolves when every thread of a process stands still. */
async function stopped(pid: number): Promise<void> {
  const threads = () =>
    readdirSync(`/proc/${pid}/task`).map((id) => readFileSync(`/proc/${pid}/task/${id}/stat`, 'utf8'))
  while (!threads().every((stat) => stat.slice(stat.lastIndexOf(')')).startsWith(') T')))
    await new Promise((soon) => setTimeout(soon, 5))
}

async function connects(path: string): Promise<boolean> {
  return existsSync(path) && isAnswered(path)
}

/** An image whose one program sleeps: as docker save writes one. */
function importImage(folder: string, socket: string, image: string, bytes: number): void {
  const root = join(folder, `image-${image.replaceAll(/\W/g, '-')}`)
  const libraries = execFileSync('ldd', ['/bin/sleep'], { encoding: 'utf8' }).match(/\/\S+/g) ?? []
  for (const file of ['/bin/sleep', ...libraries]) {
    mkdirSync(dirname(join(root, file)), { recursive: true })
    writeFileSync(join(root, file), readFileSync(file), { mode: 0o755 })
  }
  if (bytes > 0) writeFileSync(join(root, 'fill'), randomBytes(bytes))
  execFileSync('tar', ['-cf', join(folder, 'layer.tar'), '-C', root, '.'])
  const layer = createHash('sha256')
    .update(readFileSync(join(folder, 'layer.tar')))
    .digest('hex')
  const config = {
    architecture: process.arch === 'x64' ? 'amd64' : process.arch,
    os: 'linux',
    config: { Entrypoint: ['/bin/sleep', 'infinity'] },
    rootfs: { type: 'layers', diff_ids: [`sha256:${layer}`] },
  }
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config))
  const manifest = [{ Config: 'config.json', RepoTags: [image], Layers: ['layer.tar'] }]
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest))
  const parts = ['manifest.json', 'config.json', 'layer.tar']
  execFileSync('tar', ['-cf', join(folder, 'pause.tar'), '-C', folder, ...parts])
  execFileSync('ctr', ['-a', socket, '-n', 'k8s.io', 'images', 'import', join(folder, 'pause.tar')], { stdio: 'pipe' })
}

/** What a runtime is asked that ours never is. */
async function askByHand(socket: string, call: string, request: Uint8Array): Promise<Uint8Array> {
  const method: Method<Uint8Array, Uint8Array> = {
    path: `/runtime.v1.RuntimeService/${call}`,
    requestStream: false,
    responseStream: false,
    requestSerialize: (bytes: Uint8Array) => Buffer.from(bytes),
    requestDeserialize: (bytes: Buffer) => bytes,
    responseSerialize: (bytes: Uint8Array) => Buffer.from(bytes),
    responseDeserialize: (bytes: Buffer) => bytes,
  }
  const client = connectUnix(socket)
  try {
    return await client.call(method, request, { timeoutMs: START_MS })
  } finally {
    client.close()
  }
}

function text(field: number, value: string, writer = new BinaryWriter()): BinaryWriter {
  return writer.tag(field, 2).string(value)
}

function message(field: number, value: BinaryWriter, writer = new BinaryWriter()): BinaryWriter {
  return writer.tag(field, 2).bytes(value.finish())
}

interface Pod {
  readonly name: string
  readonly annotations: Readonly<Record<string, string>>
  readonly cgroup: string
  readonly logs: string
}

/** RunPodSandboxRequest of k8s.io/cri-api. */
function podRequest(pod: Pod): Uint8Array {
  return message(1, podConfig(pod)).finish()
}

/** PodSandboxConfig, with network_namespace NODE. */
function podConfig({ name, annotations, cgroup, logs }: Pod): BinaryWriter {
  const labels = {
    'io.kubernetes.pod.name': name,
    'io.kubernetes.pod.namespace': 'test',
    'io.kubernetes.pod.uid': `uid-${name}`,
  }
  const config = new BinaryWriter()
  message(1, text(3, 'test', text(2, `uid-${name}`, text(1, name))), config)
  text(3, logs, config)
  for (const [field, map] of [
    [6, labels],
    [7, annotations],
  ] as const)
    for (const [key, value] of Object.entries(map)) message(field, text(2, value, text(1, key)), config)
  const onHostNetwork = message(1, new BinaryWriter().tag(1, 0).int32(2))
  message(8, text(1, `/${cgroup}`, new BinaryWriter()).tag(2, 2).bytes(onHostNetwork.finish()), config)
  return config
}

interface Made {
  readonly container: string
  readonly attempt: number
  readonly image: string
  /** The pod's. */
  readonly name: string
}

/** CreateContainerRequest: it sleeps for a day. */
function containerRequest(sandbox: string, { container, attempt, image, name }: Made, pod: BinaryWriter): Uint8Array {
  const config = message(1, text(1, container).tag(2, 0).uint32(attempt))
  message(2, text(1, image), config)
  for (const word of ['/bin/sleep', '86400']) text(3, word, config)
  message(9, text(2, `uid-${name}`, text(1, 'io.kubernetes.pod.uid')), config)
  return message(3, pod, message(2, config, text(1, sandbox))).finish()
}

/** runc takes away a container's group, and leaves what it was made in. */
function removeCgroups(name: string): void {
  const root = '/sys/fs/cgroup'
  for (const controller of ['', ...readdirSync(root)]) {
    const path = join(root, controller, name)
    if (existsSync(path)) rmdirSync(path)
  }
}
