/** Where the node's container runtime listens. */
import { stat } from 'node:fs/promises'
import type { Host } from '#host'
import { deniedWords, probeSocket, SOCKET_PATH_MAX } from '#rpc'

/** A place where a runtime listens by default, from the host's root. */
interface KnownPlace {
  readonly name: string
  readonly path: string
}

/**
 * Who is set up for Kubernetes alone comes first: containerd is also there where Docker is, beneath cri-dockerd, and serves no CRI
 * then. k3s and rke2 bring a containerd of their own.
 */
export const KNOWN_PLACES: readonly KnownPlace[] = [
  { name: 'containerd of k3s', path: '/run/k3s/containerd/containerd.sock' },
  { name: 'CRI-O', path: '/run/crio/crio.sock' },
  { name: 'cri-dockerd', path: '/run/cri-dockerd.sock' },
  { name: 'containerd', path: '/run/containerd/containerd.sock' },
]

/** A socket of a runtime. */
export interface RuntimeSocket {
  /** "containerd", "CRI-O"; of a place that we do not know "the container runtime". */
  readonly name: string
  /** As this process sees it, for `createCriClient`. */
  readonly path: string
  /** The same for people, from the host's root. */
  readonly place: string
}

/**
 * What was found:
 * - `listening`: somebody listens there, whether he answers or not; `others` listen too, and were not chosen
 * - `silent`: a socket, and nobody listens on it
 * - `denied`: this process may not connect to it
 * - `none`: no socket at any place; a folder or a plain file is none
 * - `unusable`: what is configured is no socket's place, or its folder could not be looked into
 */
export type FoundRuntime =
  | ({ readonly kind: 'listening'; readonly others: readonly RuntimeSocket[] } & RuntimeSocket)
  | ({ readonly kind: 'silent'; readonly message: string } & RuntimeSocket)
  | ({ readonly kind: 'denied'; readonly message: string } & RuntimeSocket)
  | { readonly kind: 'none'; readonly message: string }
  | { readonly kind: 'unusable'; readonly message: string }

/** How it is looked for. */
export interface FindOptions {
  /** As the kubelet's `containerRuntimeEndpoint` has it: "unix:///run/containerd/containerd.sock", from the host's root. "": none. */
  readonly endpoint?: string
}

/** "unix:///run/x.sock", "unix:/run/x.sock", "/run/x.sock"; of "unix://run/x.sock" nobody knows what is meant. */
const ENDPOINT = /^(?:unix:\/\/(?=\/)|unix:(?!\/\/))?(\/[^\0]*)$/

/** Of a place that we do not know. */
const SOME_RUNTIME = 'the container runtime'

/** Whose socket an endpoint is: "CRI-O" of "unix:///var/run/crio/crio.sock"; of a place that we do not know "the container runtime". */
export function runtimeAt(endpoint: string): string {
  const path = ENDPOINT.exec(endpoint)?.[1]?.replace(/^\/var\/run\//, '/run/')
  return KNOWN_PLACES.find((known) => known.path === path)?.name ?? SOME_RUNTIME
}

type Look = Exclude<FoundRuntime, { kind: 'none' | 'listening' }> | ({ readonly kind: 'listening' } & RuntimeSocket)

/** Looks at the configured place alone, else at all known ones. A socket without a listener is told only where none has one. */
export async function findRuntime(host: Host, { endpoint = '' }: FindOptions = {}): Promise<FoundRuntime> {
  if (endpoint !== '') return found(await lookAtEndpoint(host, endpoint), `no socket at ${endpoint}`)
  const seen = new Set<string>()
  const looks: Look[] = []
  for (const { name, path } of KNOWN_PLACES)
    for (const place of [path, `/var${path}`]) {
      const look = await lookAt(host, name, place, seen)
      if (look !== undefined) looks.push(look)
    }
  const places = KNOWN_PLACES.map(({ path }) => path).join(', ')
  return found(looks, `no socket of a container runtime at ${places}, or below /var/run`)
}

/** A socket that listens before one that may not be asked, before one on which nobody listens. */
function found(looks: readonly Look[], message: string): FoundRuntime {
  const listening = looks.filter((look) => look.kind === 'listening')
  const [first, ...others] = listening
  if (first !== undefined) return { ...first, others: others.map(({ name, path, place }) => ({ name, path, place })) }
  for (const kind of ['denied', 'unusable', 'silent'] as const) {
    const look = looks.find((one) => one.kind === kind)
    if (look !== undefined && look.kind !== 'listening') return look
  }
  return { kind: 'none', message }
}

async function lookAtEndpoint(host: Host, endpoint: string): Promise<Look[]> {
  const [, path] = ENDPOINT.exec(endpoint) ?? []
  if (path === undefined)
    return [
      { kind: 'unusable', message: `"${endpoint}" is no socket of this machine; expected unix:///run/NAME/NAME.sock` },
    ]
  const look = await lookAt(host, runtimeAt(endpoint), path, new Set())
  return look === undefined ? [] : [look]
}

/** @param seen places that were looked at, with their links followed. @returns undefined where there is none, or was looked already */
async function lookAt(host: Host, name: string, asked: string, seen: Set<string>): Promise<Look | undefined> {
  let place: string
  try {
    place = await host.files.realPath(asked)
  } catch (err) {
    const { code = '', message } = err as { code?: string; message: string }
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    return code === 'EACCES' ? denied({ name, path: host.root + asked, place: asked }) : { kind: 'unusable', message }
  }
  if (seen.has(place)) return undefined
  seen.add(place)
  const path = host.root + place
  const bytes = Buffer.byteLength(path)
  if (bytes > SOCKET_PATH_MAX)
    return {
      kind: 'unusable',
      message: `${path} has ${bytes} bytes, and a Unix socket's path may have ${SOCKET_PATH_MAX}; mount its folder nearer to the root`,
    }
  switch (await probeSocket(path)) {
    case 'answered':
      return { kind: 'listening', name, path, place }
    case 'denied':
      return denied({ name, path, place })
    case 'nobody': {
      // A pod that mounts a socket's own path before there is one leaves a folder there.
      if (!(await isSocket(path))) return undefined
      const message = `connection refused at ${place}: the container runtime is not running`
      return { kind: 'silent', name, path, place, message }
    }
  }
}

/** Whether a file that nobody listens on is a socket; one that is gone by now is none. */
async function isSocket(path: string): Promise<boolean> {
  const file = await stat(path).catch(() => undefined)
  return file?.isSocket() ?? false
}

function denied(socket: RuntimeSocket): Look {
  return {
    kind: 'denied',
    ...socket,
    message: `permission denied at ${socket.place}: ${deniedWords(socket.path)}`,
  }
}
