/** From inside every container: what docs/security.md says that it may not. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { transformSync } from 'esbuild'
import { type BuiltService, deployedServices, folderOf, SERVICES, socketOf } from '#service-table'
import { until } from '../../compose/exec.ts'
import { nodeInside } from '../agent.ts'
import { check, podOf } from '../cluster.ts'
import type { Drill } from '../drill.ts'
import { onNode } from '../hooks.ts'

const RUN = '/run/node-doctor'
const STATE = '/var/lib/node-doctor'

const BUILT = deployedServices(SERVICES)
const READERS = BUILT.filter(({ bus }) => bus.role === 'reader')

/** Sockets and keys lie in folders of the pod: in the container, and where the kubelet keeps them on the node. */
const POD_FOLDERS: ReadonlyMap<string, string> = new Map(
  BUILT.map((service) => [`run-${service.name}`, folderOf(service, RUN)]),
)

type InFolder = readonly [folder: string, file: string]

const SOCKETS = BUILT.map(({ name }): InFolder => [`run-${name}`, `${name}.sock`])
const KEYS = READERS.map(({ name }): InFolder => [`run-${name}`, 'bus.json'])

/** Files on the host that a service has written some time after its start. */
const OWN_FILES: Readonly<Record<string, readonly string[]>> = {
  detector: [`${STATE}/detector/problems.pb`],
  'http-exporter': [`${STATE}/history/history.db`],
  'k8s-exporter': [`${STATE}/k8s-exporter/told.jsonl`, `${RUN}/locks/k8s-exporter.lock`],
}
/** The first of a service's files comes with the first that there is to keep. */
const WRITTEN_MS = 60_000
const HOST_FILES = Object.values(OWN_FILES).flat()
const TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token'

/** Of every container: memory of its own, what a pod's containers share by the runtime, and its last words. */
const COMMON = ['/tmp', '/dev/shm', '/dev/mqueue', '/dev/termination-log']
/** The runtime's memory for devices, a container's own, is root's to write. */
const ROOTS = ['/dev']

interface Rights {
  /** Folders that it may write, as it sees them. */
  readonly folders: readonly string[]
  readonly files: readonly string[]
  readonly sockets: readonly string[]
}

function keyOf(service: BuiltService): string {
  return `${folderOf(service, RUN)}/bus.json`
}

/** What each has, as docs/security.md says; everything else is refused. */
function rightsOf(service: BuiltService): Rights {
  const { name, needs, bus } = service
  // It writes each exporter's key into that one's folder, so it reaches what is there.
  const readers = bus.role === 'owner' ? READERS : []
  const keys = [...readers, ...(bus.role === 'reader' ? [service] : [])].map(keyOf)
  const states = service.stateFolders.map((folder) => `${STATE}/${folder}`)
  // Everybody's on the node, and mounted below what is read-only by itself; and its own state where the node's /var is a mount.
  const below = needs.includes('host')
    ? ['/host/run/lock', '/host/dev/mqueue', ...states.map((path) => `/host${path}`)]
    : []
  return {
    folders: [
      folderOf(service, RUN),
      ...readers.map((reader) => folderOf(reader, RUN)),
      ...service.runFolders.map((folder) => `${RUN}/${folder}`),
      ...states,
      ...below,
      ...(service.uid === 0 ? ROOTS : []),
    ],
    files: [
      ...keys,
      ...(OWN_FILES[name] ?? []),
      ...(needs.includes('api-server') || needs.includes('own-token') ? [TOKEN] : []),
    ],
    sockets: (bus.role === 'owner' ? BUILT : [service]).map((of) => socketOf(of, RUN)),
  }
}

const RIGHTS: Readonly<Record<string, Rights>> = Object.fromEntries(
  BUILT.map((service) => [service.name, rightsOf(service)]),
)

interface Found {
  readonly tried: number
  readonly wrote: readonly string[]
  readonly read: readonly string[]
  readonly opened: readonly string[]
  readonly bound: readonly string[]
  readonly connected: readonly string[]
}

/** A path as a container sees it, and as it stands below the host's root. */
function both(path: string): string[] {
  return [path, `/host${path}`]
}

function targets(podUid: string) {
  const pods = `/var/lib/kubelet/pods/${podUid}/volumes`
  const kept = (folder: string) => `${pods}/kubernetes.io~empty-dir/${folder}`
  const inPod = (list: readonly InFolder[]) =>
    list.flatMap(([folder, file]) => [`${POD_FOLDERS.get(folder) ?? ''}/${file}`, `/host${kept(folder)}/${file}`])
  const token = `${pods}/kubernetes.io~projected/token/token`
  return {
    onHost: [...HOST_FILES, token, ...KEYS.map(([folder, file]) => `${kept(folder)}/${file}`)],
    files: [...HOST_FILES.flatMap(both), ...inPod(KEYS), TOKEN, `/host${token}`],
    folders: [
      ...[...POD_FOLDERS].flatMap(([folder, place]) => [place, `/host${kept(folder)}`]),
      ...BUILT.flatMap(({ runFolders }) => runFolders.flatMap((name) => both(join(RUN, name)))),
      ...[`${RUN}/monitors`, `${RUN}/plugins`, RUN].flatMap(both),
      ...BUILT.flatMap(({ stateFolders }) => stateFolders.flatMap((name) => both(join(STATE, name)))),
      ...both(STATE),
    ],
    sockets: inPod(SOCKETS),
  }
}

/** Where the kubelet keeps what pods have in memory: of root's group, as the socket is that gives who has it the whole node. */
const OF_PODS = '/host/var/lib/kubelet/pods/'
/** Who has that group (docs/security.md, "The one that asks the container runtime"). */
const HAS_ROOTS_GROUP = 'kubernetes'

/** What a container could do and may not, each with its kind. */
function beyond(container: string, found: Found): string[] {
  const held = beyondRights(container, found)
  return container === HAS_ROOTS_GROUP ? held.filter((text) => !text.includes(` ${OF_PODS}`)) : held
}

function beyondRights(container: string, found: Found): string[] {
  const rights = RIGHTS[container] ?? { folders: [], files: [], sockets: [] }
  const mayWrite = new Set([...COMMON, ...rights.folders])
  const report = (what: string, paths: readonly string[], allowed: ReadonlySet<string>) =>
    paths.filter((path) => !allowed.has(path)).map((path) => `${what} ${path}`)
  return [
    ...report('write in', found.wrote, mayWrite),
    ...report('read', found.read, new Set(rights.files)),
    ...report('open', found.opened, new Set(rights.files)),
    ...report('make a socket in', found.bound, mayWrite),
    ...report('connect to', found.connected, new Set(rights.sockets)),
  ]
}

/** A probe that can do nothing proves nothing. */
function checkOwn(container: string, found: Found): void {
  const own = RIGHTS[container]?.folders[0] ?? ''
  check(`${container} writes its own ${own}`, found.wrote.includes(own) && found.bound.includes(own))
  const sockets = RIGHTS[container]?.sockets ?? []
  check(
    `${container} reaches its own socket`,
    sockets.every((path) => found.connected.includes(path)),
  )
  const files = RIGHTS[container]?.files ?? []
  check(
    `${container} reads what is its own`,
    files.every((path) => found.read.includes(path)),
  )
}

export const walls: Drill = {
  name: 'walls',
  needs: ['NODE_SHELL'],
  async run({ nodes, say }) {
    const node = nodes[0] ?? ''
    const { onHost, ...asked } = targets(podOf(node)?.metadata.uid ?? '')
    for (const path of onHost)
      await until(`${path} on ${node}`, WRITTEN_MS, () => onNode(node, `test -e ${path} && echo there`))
    const program = transformSync(readFileSync(join(import.meta.dirname, '../walls-probe.ts'), 'utf8'), {
      loader: 'ts',
    }).code
    const breaches: string[] = []
    for (const container of Object.keys(RIGHTS)) {
      const found = JSON.parse(nodeInside(node, container, program, JSON.stringify(asked))) as Found
      const held = beyond(container, found)
      breaches.push(...held.map((what) => `${container} can ${what}`))
      checkOwn(container, found)
      say(
        `${container}: ${found.tried} places, ${asked.files.length} files, ${asked.sockets.length} sockets tried; ${held.length} beyond its own; wrote ${found.wrote.join(' ')}`,
      )
    }
    check(`no container reaches what is not its own: ${breaches.join('; ')}`, breaches.length === 0)
  },
}
