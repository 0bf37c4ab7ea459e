/** A strict container runtime for tests: it answers the five calls as it is told to, in messages or in bytes of whatever kind. */
import type { Server } from 'node:net'
import { createServer } from 'node:net'
import { join } from 'node:path'
import {
  type Container,
  ContainerState,
  type ImageFsInfoResponse,
  ImageServiceService,
  type ListContainersRequest,
  ListContainersResponse,
  type ListPodSandboxRequest,
  ListPodSandboxResponse,
  type PodSandbox,
  PodSandboxState,
  RuntimeServiceService,
  type StatusRequest,
  type StatusResponse,
  type VersionRequest,
  type VersionResponse,
} from '#proto/runtime/v1/api.ts'
import { type RpcServer, respondsInBytes, serveUnix } from '#rpc'
import { type TempFolder, tempFolder } from '../host/testing.ts'

/** How one call is answered: with a message, bytes that may be none, an error, or never. */
export type Told<Message> = Message | Uint8Array | { readonly code: number; readonly details: string } | 'never'

/** What a runtime says; what is left out is of a healthy one without pods. */
export interface FakeRuntimeAnswers {
  readonly version?: Told<VersionResponse>
  readonly status?: Told<StatusResponse>
  readonly listPodSandbox?: Told<ListPodSandboxResponse>
  readonly listContainers?: Told<ListContainersResponse>
  readonly imageFsInfo?: Told<ImageFsInfoResponse>
}

export interface FakeRuntime extends AsyncDisposable {
  readonly path: string
  /** Calls as they came: "ListContainers". */
  readonly asked: readonly string[]
  /** As a runtime that is killed; its socket goes. */
  kill(): Promise<void>
}

type Call = { readonly request: unknown }
type Callback = (err: { code: number; details: string } | null, response?: unknown) => void

const HEALTHY = {
  version: { version: '0.1.0', runtimeName: 'fake', runtimeVersion: '1.0.0', runtimeApiVersion: 'v1' },
  status: {
    status: {
      conditions: ['RuntimeReady', 'NetworkReady'].map((type) => ({ type, status: true, reason: '', message: '' })),
    },
    info: {},
    runtimeHandlers: [],
    features: undefined,
  },
  listPodSandbox: { items: [] },
  listContainers: { containers: [] },
  imageFsInfo: { imageFilesystems: [], containerFilesystems: [] },
} satisfies Required<FakeRuntimeAnswers>

/** What a real runtime refuses is refused: an answer for people (verbose) is none that we may ask for. */
const REFUSED: Readonly<Record<string, (request: never) => boolean>> = {
  version: (request: VersionRequest) => request.version !== 'v1',
  status: (request: StatusRequest) => request.verbose,
  listPodSandbox: (request: ListPodSandboxRequest) => request.filter !== undefined,
  listContainers: (request: ListContainersRequest) => request.filter !== undefined,
}

/** Listens at `path`. */
export async function startFakeRuntime(path: string, answers: FakeRuntimeAnswers = {}): Promise<FakeRuntime> {
  const asked: string[] = []

  function handlers<Definition extends object>(definition: Definition) {
    const made: [string, unknown, (call: Call, callback: Callback) => void][] = []
    for (const [name, method] of Object.entries(definition)) {
      const told = (answers as Record<string, Told<object>>)[name] ?? HEALTHY[name as keyof typeof HEALTHY]
      const isBytes = told instanceof Uint8Array
      made.push([
        name,
        isBytes ? respondsInBytes(method) : method,
        (call, callback) => {
          asked.push((method.path as string).slice((method.path as string).lastIndexOf('/') + 1))
          if (REFUSED[name]?.(call.request as never) === true)
            return callback({ code: 3, details: `the fake runtime was not asked as we ask: ${name}` })
          if (told === 'never') return
          if (!isBytes && 'code' in told) return callback({ code: told.code as number, details: String(told.details) })
          callback(null, told)
        },
      ])
    }
    return {
      definition: Object.fromEntries(made.map(([name, method]) => [name, method])) as never,
      implementation: Object.fromEntries(made.map(([name, , handler]) => [name, handler])) as never,
    }
  }

  const server: RpcServer = await serveUnix({
    path,
    services: [handlers(RuntimeServiceService), handlers(ImageServiceService)],
    serving: () => true,
    maxMessageBytes: 64 * 1024 * 1024,
  })
  return {
    path,
    asked,
    kill: () => server.close(0),
    [Symbol.asyncDispose]: () => server.close(0),
  }
}

/** A pod as containerd lists one of the kubelet's. */
export function sandboxMessage(index: number, more: Partial<PodSandbox> = {}): PodSandbox {
  const uid = `${String(index).padStart(8, '0')}-2f5e-4f0c-9a55-d2c1c6a6b0a1`
  const name = `web-${index}-7d9c5b6f4-x2x${index}`
  return {
    id: index.toString(16).padStart(64, 'a'),
    metadata: { name, uid, namespace: 'shop', attempt: 0 },
    state: PodSandboxState.SANDBOX_READY,
    createdAt: '1763337600123456789',
    labels: {
      app: 'web',
      'pod-template-hash': '7d9c5b6f4',
      'io.kubernetes.pod.name': name,
      'io.kubernetes.pod.namespace': 'shop',
      'io.kubernetes.pod.uid': uid,
    },
    annotations: {
      'kubernetes.io/config.seen': '2025-11-17T00:00:00.000000000Z',
      'kubernetes.io/config.source': 'api',
    },
    runtimeHandler: '',
    ...more,
  }
}

/** A container as containerd lists one of the kubelet's. */
export function containerMessage(index: number, more: Partial<Container> = {}): Container {
  const { id, metadata } = sandboxMessage(index)
  return {
    id: index.toString(16).padStart(64, 'c'),
    podSandboxId: id,
    metadata: { name: 'web', attempt: 2 },
    image: {
      image: 'sha256:0d1e5c3f2b7a4d6e8f9a0b1c2d3e4f5a6b7c8d9e0f1a2b3c4d5e6f7a8b9c0d1e',
      annotations: {},
      userSpecifiedImage: 'registry.example/shop/web:1.42.0',
      runtimeHandler: '',
      imageRef: '',
    },
    imageRef: 'sha256:0d1e5c3f2b7a4d6e8f9a0b1c2d3e4f5a6b7c8d9e0f1a2b3c4d5e6f7a8b9c0d1e',
    state: ContainerState.CONTAINER_RUNNING,
    createdAt: '1763337601123456789',
    labels: {
      'io.kubernetes.container.name': 'web',
      'io.kubernetes.pod.name': metadata?.name ?? '',
      'io.kubernetes.pod.namespace': metadata?.namespace ?? '',
      'io.kubernetes.pod.uid': metadata?.uid ?? '',
    },
    annotations: {
      'io.kubernetes.container.hash': '8a1b2c3d',
      'io.kubernetes.container.restartCount': '2',
      'io.kubernetes.container.terminationMessagePath': '/dev/termination-log',
      'io.kubernetes.container.terminationMessagePolicy': 'File',
      'io.kubernetes.pod.terminationGracePeriod': '30',
    },
    imageId: 'sha256:0d1e5c3f2b7a4d6e8f9a0b1c2d3e4f5a6b7c8d9e0f1a2b3c4d5e6f7a8b9c0d1e',
    ...more,
  }
}

/** The bytes of a list of so many pods. */
export function sandboxList(count: number): Uint8Array {
  const items = Array.from({ length: count }, (_, index) => sandboxMessage(index))
  return ListPodSandboxResponse.encode({ items }).finish()
}

/** The bytes of a list of so many containers. */
export function containerList(count: number): Uint8Array {
  const containers = Array.from({ length: count }, (_, index) => containerMessage(index))
  return ListContainersResponse.encode({ containers }).finish()
}

/** A socket whose server says these bytes to everybody, and then nothing; `undefined`: it breaks off at the first byte that comes. */
export async function startSpeaker(path: string, bytes: string | undefined): Promise<AsyncDisposable> {
  const server: Server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => (bytes === undefined ? socket.destroy() : socket.write(bytes)))
  })
  await new Promise<void>((listening) => server.listen(path, listening))
  return { [Symbol.asyncDispose]: () => new Promise((closed) => void server.close(() => closed())) }
}

/** A folder with a fake runtime in it. */
export async function runtimeFolder(): Promise<TempFolder & { readonly socket: string }> {
  const folder = await tempFolder()
  return { ...folder, path: folder.path, socket: join(folder.path, 'runtime.sock') }
}
