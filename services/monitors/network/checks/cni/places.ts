/** Where the node has the configuration of CNI, and the binaries of plug-ins. */
import type { Host } from '#host'
import type { Unobserved } from '#monitor-kit/evaluate'
import { observe } from '#monitor-kit/source'
import type { Config } from './config.ts'
import { type RuntimeFolders, runtimeFoldersIn } from './runtime-file.ts'

/** Folders that count on this node. */
export interface Places {
  /** The first with a configuration counts. */
  readonly config: readonly string[]
  readonly binaries: readonly string[]
  /** Why a runtime might look elsewhere: its configuration cannot be read. undefined: it does not. */
  readonly unsure: Unobserved | undefined
  /** The runtime is CRI-O, which passes over a file that it does not understand; containerd has no network then. */
  readonly passesOver: boolean
}

/** k3s and rke2 bring a containerd of their own, and go first. */
const RUNTIME_FILES = [
  '/var/lib/rancher/k3s/agent/etc/containerd/config.toml',
  '/var/lib/rancher/rke2/agent/etc/containerd/config.toml',
  '/etc/containerd/config.toml',
  '/etc/crio/crio.conf',
]

/** Folders whose files are read behind those. */
const RUNTIME_FOLDERS = [
  { folder: '/etc/containerd/conf.d', extension: '.toml' },
  { folder: '/etc/crio/crio.conf.d', extension: '.conf' },
]

const USUAL_CONFIG = [
  '/etc/cni/net.d',
  '/var/lib/rancher/k3s/agent/etc/cni/net.d',
  '/var/snap/microk8s/current/args/cni-network',
]

const USUAL_BINARIES = [
  '/opt/cni/bin',
  '/usr/lib/cni',
  '/usr/libexec/cni',
  '/var/lib/rancher/k3s/data/cni',
  '/var/lib/rancher/k3s/data/current/bin',
  '/var/snap/microk8s/current/opt/cni/bin',
]

const CRIO_SOCKET = '/run/crio/crio.sock'

/** Files of such a folder that are read. */
const FILES_MAX = 16
const FILE_BYTES_MAX = 262_144

function isAbsent({ reason }: Unobserved): boolean {
  return reason === 'SourceMissing'
}

async function dropInsOf(host: Host): Promise<readonly string[]> {
  const paths: string[] = []
  for (const { folder, extension } of RUNTIME_FOLDERS) {
    const names = await observe(() => host.files.list(folder))
    const files = names.ok ? names.value.filter((name) => name.endsWith(extension)).slice(0, FILES_MAX) : []
    paths.push(...files.map((name) => `${folder}/${name}`))
  }
  return paths
}

/** Folders that the runtimes of this machine name, and why there might be more. */
async function readRuntimes(host: Host): Promise<{ folders: RuntimeFolders; unsure: Unobserved | undefined }> {
  const all: RuntimeFolders[] = []
  let unsure: Unobserved | undefined
  for (const path of [...RUNTIME_FILES, ...(await dropInsOf(host))]) {
    const text = await observe(() => host.files.readText(path, { maxBytes: FILE_BYTES_MAX }))
    if (text.ok) all.push(runtimeFoldersIn(text.value))
    else if (!isAbsent(text)) unsure ??= text
  }
  const config = [...new Set(all.flatMap((one) => one.config))]
  return { folders: { config, binaries: [...new Set(all.flatMap((one) => one.binaries))] }, unsure }
}

/** The folders that are configured, else those that a runtime names, else the usual ones. */
export async function readPlaces(host: Host, { configPath, binDirs }: Config): Promise<Places> {
  const { folders, unsure } = await readRuntimes(host)
  const crio = await observe(() => host.files.exists(CRIO_SOCKET))
  const named = configPath === '' ? folders.config : [configPath]
  const binaries = binDirs.length > 0 ? binDirs : folders.binaries
  return {
    config: named.length > 0 ? named : USUAL_CONFIG,
    binaries: binaries.length > 0 ? binaries : USUAL_BINARIES,
    unsure: binDirs.length > 0 ? undefined : unsure,
    passesOver: crio.ok && crio.value,
  }
}
