/** From inside every container: what docs/security.md says that it may not. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { transformSync } from 'esbuild'
import { nodeInside } from '../agent.ts'
import { check, podOf } from '../cluster.ts'
import type { Drill } from '../drill.ts'
import { onNode } from '../hooks.ts'

const RUN = '/run/node-doctor'
const STATE = '/var/lib/node-doctor'

/** Sockets and keys lie in folders of the pod: in the container, and where the kubelet keeps them on the node. */
const POD_FOLDERS = {
  'run-detector': `${RUN}/detector`,
  'run-system': `${RUN}/monitors/system`,
  'run-http-exporter': `${RUN}/http-exporter`,
  'run-k8s-exporter': `${RUN}/k8s-exporter`,
} as const
const SOCKETS = [
  ['run-detector', 'detector.sock'],
  ['run-system', 'system.sock'],
  ['run-http-exporter', 'http-exporter.sock'],
  ['run-k8s-exporter', 'k8s-exporter.sock'],
] as const
const KEYS = [
  ['run-http-exporter', 'bus.json'],
  ['run-k8s-exporter', 'bus.json'],
] as const
const HOST_FILES = [
  `${STATE}/k8s-exporter/told.jsonl`,
  `${STATE}/history/history.db`,
  `${STATE}/detector/problems.pb`,
  `${RUN}/locks/k8s-exporter.lock`,
]
const TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token'

/** Of every container: memory of its own, what a pod's containers share by the runtime, and its last words. */
const COMMON = ['/tmp', '/dev/shm', '/dev/mqueue', '/dev/termination-log']

interface Rights {
  /** Folders that it may write, as it sees them. */
  readonly folders: readonly string[]
  readonly files: readonly string[]
  readonly sockets: readonly string[]
}

/** What each has, as docs/security.md says; everything else is refused. */
const RIGHTS: Readonly<Record<string, Rights>> = {
  detector: {
    // It writes each exporter's key into that one's folder, so it reaches what is there.
    folders: [`${RUN}/detector`, `${RUN}/http-exporter`, `${RUN}/k8s-exporter`, `${RUN}/bus`, `${STATE}/detector`],
    files: [`${STATE}/detector/problems.pb`, `${RUN}/http-exporter/bus.json`, `${RUN}/k8s-exporter/bus.json`],
    sockets: SOCKETS.map(([folder, file]) => `${POD_FOLDERS[folder]}/${file}`),
  },
  system: {
    // Everybody's on the node, and mounted below what is read-only by itself.
    folders: [`${RUN}/monitors/system`, '/host/run/lock', '/host/dev/mqueue'],
    files: [],
    sockets: [`${RUN}/monitors/system/system.sock`],
  },
  'http-exporter': {
    folders: [`${RUN}/http-exporter`, `${STATE}/history`],
    files: [`${RUN}/http-exporter/bus.json`, `${STATE}/history/history.db`],
    sockets: [`${RUN}/http-exporter/http-exporter.sock`],
  },
  'k8s-exporter': {
    folders: [`${RUN}/k8s-exporter`, `${RUN}/locks`, `${STATE}/k8s-exporter`],
    files: [`${RUN}/k8s-exporter/bus.json`, `${STATE}/k8s-exporter/told.jsonl`, `${RUN}/locks/k8s-exporter.lock`],
    sockets: [`${RUN}/k8s-exporter/k8s-exporter.sock`],
  },
}

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
  const kept = (folder: keyof typeof POD_FOLDERS) => `${pods}/kubernetes.io~empty-dir/${folder}`
  const inPod = (list: typeof SOCKETS | typeof KEYS) =>
    list.flatMap(([folder, file]) => [`${POD_FOLDERS[folder]}/${file}`, `/host${kept(folder)}/${file}`])
  const token = `${pods}/kubernetes.io~projected/token/token`
  const folders = Object.keys(POD_FOLDERS) as (keyof typeof POD_FOLDERS)[]
  return {
    onHost: [...HOST_FILES, token, ...KEYS.map(([folder, file]) => `${kept(folder)}/${file}`)],
    files: [...HOST_FILES.flatMap(both), ...inPod(KEYS), TOKEN, `/host${token}`],
    folders: [
      ...folders.flatMap((folder) => [POD_FOLDERS[folder], `/host${kept(folder)}`]),
      ...[`${RUN}/bus`, `${RUN}/locks`, `${RUN}/monitors`, `${RUN}/plugins`, RUN].flatMap(both),
      ...['detector', 'history', 'k8s-exporter', ''].flatMap((name) => both(join(STATE, name))),
    ],
    sockets: inPod(SOCKETS),
  }
}

/** What a container could do and may not, each with its kind. */
function beyond(container: string, found: Found): string[] {
  const rights = RIGHTS[container] ?? { folders: [], files: [], sockets: [] }
  const files = container === 'k8s-exporter' ? [...rights.files, TOKEN] : rights.files
  const mayWrite = new Set([...COMMON, ...rights.folders])
  const report = (what: string, paths: readonly string[], allowed: ReadonlySet<string>) =>
    paths.filter((path) => !allowed.has(path)).map((path) => `${what} ${path}`)
  return [
    ...report('write in', found.wrote, mayWrite),
    ...report('read', found.read, new Set(files)),
    ...report('open', found.opened, new Set(files)),
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
    for (const path of onHost) onNode(node, `test -e ${path} || { echo "there is no ${path}" >&2; exit 1; }`)
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
