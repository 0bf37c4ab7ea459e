/** Which static pods there are to be, by their manifests, and which pods the container runtime has from files. */
import type { Clock } from '#clock'
import { plainOf, readYaml } from '#config'
import type { Container, Sandbox } from '#cri'
import { type Host, HostReadError } from '#host'
import { observed, type Reading, unobserved } from '#monitor-kit/evaluate'
import { observe } from '#monitor-kit/source'
import { hasKubelet } from '../../here.ts'
import { askKubeletUnit, readKubeletFile } from '../../node-kubelet/configuration.ts'
import { findNodeRuntime, socketOf } from '../../node-kubelet/node-runtime.ts'
import type { Ways } from '../../ways.ts'
import type { Config } from './config.ts'

/** A manifest, as far as it is to be read. */
export interface Manifest {
  readonly file: string
  /** The pod's, without the node's; of one that may not be read that of its file. */
  readonly name: string
  /**
   * `read`: it says its name; `closed`: it may not be read (root's alone, as kubeadm writes it), so its file's name stands for it;
   * `broken`: it is no pod
   */
  readonly kind: 'read' | 'closed' | 'broken'
  /** Its containers may end, and then nothing is to run (`restartPolicy` Never, OnFailure). */
  readonly mayEnd: boolean
}

/** What the runtime has of pods from files. */
export interface FilePods {
  readonly sandboxes: readonly Sandbox[]
  readonly containers: readonly Container[]
}

/** One look at the static pods. */
export interface StaticPodsReading {
  /** The node's, in lower case, as the kubelet puts it behind a pod's. */
  readonly nodeName: string
  readonly folder: string
  readonly manifests: Reading<readonly Manifest[]>
  readonly pods: Reading<FilePods>
}

/** How one look is made. */
export interface StaticPodsLook {
  readonly host: Host
  readonly ways: Ways
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly config: Config
  readonly nodeName: string
}

const FOLDER = '/etc/kubernetes/manifests'
const MANIFEST_BYTES = 262_144
const MANIFESTS_MAX = 64

async function folderOf({ host, ways, signal, config }: StaticPodsLook): Promise<string> {
  if (config.manifestFolder !== '') return config.manifestFolder
  const file = await readKubeletFile(host, await askKubeletUnit({ ways, host, signal }))
  const said = file?.inFile.ok === true ? file.inFile.value['staticPodPath'] : undefined
  return typeof said === 'string' && said.startsWith('/') ? said : FOLDER
}

/** Behind it stands another document: the kubelet reads the first of a file alone. */
const NEXT_DOCUMENT = /^(?:---(?=\s|$)|\.\.\.(?=\s|$))/m
const BEGIN = /^\s*(?:#[^\n]*\n\s*)*---(?=\s|$)/

/** The first document of a file, as far as it has anything in it. */
function firstDocument(text: string): string {
  const begin = BEGIN.exec(text)?.[0] ?? ''
  const rest = text.slice(begin.length)
  const next = NEXT_DOCUMENT.exec(rest)
  return next === null ? text : begin + rest.slice(0, next.index)
}

/** The pod that a manifest is of; undefined where it is of none. */
export function podIn(path: string, text: string): { readonly name: string; readonly mayEnd: boolean } | undefined {
  const { tree, problems } = readYaml(firstDocument(text), path, path)
  if (problems.length > 0) return undefined
  const { kind, metadata, spec } = plainOf(tree) as Readonly<Record<'kind' | 'metadata' | 'spec', unknown>>
  const { name } = mapOf(metadata)
  if (kind !== 'Pod' || typeof name !== 'string' || name === '') return undefined
  return { name, mayEnd: ['Never', 'OnFailure'].includes(String(mapOf(spec)['restartPolicy'])) }
}

function mapOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
}

/** What people call manifests. The kubelet tries to read what is called otherwise too; a README among them takes no pod down. */
const CALLED = /\.(?:ya?ml|json|manifest)$/

async function readManifest({ files }: Host, folder: string, file: string): Promise<Manifest | undefined> {
  const path = `${folder}/${file}`
  try {
    const pod = podIn(path, await files.readText(path, { maxBytes: MANIFEST_BYTES }))
    if (pod !== undefined) return { file, kind: 'read', ...pod }
    return CALLED.test(file) ? { file, name: file, kind: 'broken', mayEnd: false } : undefined
  } catch (err) {
    if (!(err instanceof HostReadError)) throw err
    // It has just gone, or is a folder, which the kubelet does not look into.
    if (err.code === 'ENOENT' || err.code === 'NOT_A_FILE' || err.code === 'EISDIR') return undefined
    return { file, name: file.replace(CALLED, ''), kind: 'closed', mayEnd: false }
  }
}

async function readManifests(host: Host, folder: string): Promise<Reading<readonly Manifest[]>> {
  const listed = await observe(() => host.files.list(folder))
  if (!listed.ok) return listed
  // As the kubelet does (pkg/kubelet/config/file.go): hidden files are none.
  const names = listed.value.filter((name) => !name.startsWith('.')).slice(0, MANIFESTS_MAX)
  const manifests = await Promise.all(names.map((name) => readManifest(host, folder, name)))
  return observed(manifests.filter((manifest) => manifest !== undefined))
}

async function listPods({ ways, host, clock, signal, config }: StaticPodsLook): Promise<Reading<FilePods>> {
  const socket = socketOf(await findNodeRuntime({ ways, host, clock, signal }, config.criSocket))
  if (!socket.ok) return socket
  const cri = ways.openRuntime(socket.value.path, { clock, timeoutMs: config.callTimeout, place: socket.value.place })
  try {
    const sandboxes = await cri.sandboxes({ signal })
    if (!sandboxes.ok) return unobserved('RuntimeNotAsked', sandboxes.failure.message)
    const containers = await cri.containers({ signal })
    if (!containers.ok) return unobserved('RuntimeNotAsked', containers.failure.message)
    return observed({
      sandboxes: sandboxes.answer.filter(({ source }) => source === 'file'),
      containers: containers.answer,
    })
  } finally {
    cri.close()
  }
}

/** Looks once; undefined on a machine that is no node. */
export async function readStaticPods(look: StaticPodsLook): Promise<StaticPodsReading | undefined> {
  const { host, config, nodeName } = look
  if (config.manifestFolder === '' && !(await hasKubelet(host))) return undefined
  const folder = await folderOf(look)
  const manifests = await readManifests(host, folder)
  // Most nodes have none: then nobody is asked.
  const isEmpty = manifests.ok && manifests.value.length === 0
  const pods = isEmpty ? observed({ sandboxes: [], containers: [] }) : await listPods(look)
  return { nodeName: nodeName.toLowerCase(), folder, manifests, pods }
}
