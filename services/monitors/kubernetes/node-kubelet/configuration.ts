/** Which unit runs the kubelet of this node, and which file it has its configuration from. */
import { plainOf, readYaml } from '#config'
import { type Host, HostReadError, type UnitLook } from '#host'
import { observed, type Reading, unobserved } from '#monitor-kit/evaluate'
import { observe } from '#monitor-kit/source'
import { isActive, isInstalled } from '../unit-words.ts'
import type { Ways } from '../ways.ts'
import { type KubeletFlags, parseFlags } from './flags.ts'

/** Units that run a kubelet, with the usual one first. */
const UNITS = [
  'kubelet.service',
  'k3s.service',
  'k3s-agent.service',
  'rke2-server.service',
  'rke2-agent.service',
  'k0sworker.service',
  'k0scontroller.service',
  'snap.kubelet-eks.daemon.service',
  'snap.microk8s.daemon-kubelite.service',
]
const UNIT_TIMEOUT_MS = 2000
/** Where kubeadm has it. */
const CONFIG_FILE = '/var/lib/kubelet/config.yaml'

/**
 * The first of its units that runs, else the first that systemd knows: a kubelet.service may lie unused beside a k3s. Else what is said of
 * the usual one, or why nothing is known.
 */
export async function askKubeletUnit(look: {
  readonly ways: Ways
  readonly host: Host
  readonly signal: AbortSignal
}): Promise<UnitLook> {
  const { ways, host, signal } = look
  let first: UnitLook | undefined
  let installed: UnitLook | undefined
  for (const name of UNITS) {
    const said = await ways.unit(host, name, { timeoutMs: UNIT_TIMEOUT_MS, signal })
    first ??= said
    if (said.kind === 'unknown') return installed ?? said
    if (isActive(said.unit)) return said
    if (isInstalled(said.unit)) installed ??= said
  }
  return installed ?? (first as UnitLook)
}

/** By what a run of the kubelet is known; "" where that is not seen. */
export function runOfUnit(unit: UnitLook | undefined): string {
  const pid = unit?.kind === 'known' ? unit.unit.service?.mainPid : undefined
  return pid === undefined || pid === 0 ? '' : String(pid)
}

/** The file of a kubelet's configuration. */
export interface KubeletFile {
  readonly path: string
  readonly inFile: Reading<Readonly<Record<string, unknown>>>
  /** Keys in lower case that its command line says otherwise. */
  readonly overruled: ReadonlySet<string>
}

/** undefined where its command line cannot be read: then nobody knows what that overrules. */
export async function flagsOf({ files }: Host, unit: UnitLook | undefined): Promise<KubeletFlags | undefined> {
  const pid = unit?.kind === 'known' ? unit.unit.service?.mainPid : undefined
  if (pid === undefined) return undefined
  try {
    return parseFlags(await files.readText(`/proc/${pid}/cmdline`))
  } catch (err) {
    // It has just ended, or is not to be seen from here.
    if (err instanceof HostReadError) return undefined
    throw err
  }
}

/** YAML or JSON. */
function parsed(path: string, text: string): Reading<Readonly<Record<string, unknown>>> {
  const { tree, problems } = readYaml(text, path, path)
  if (problems.length === 0) return observed(plainOf(tree) as Readonly<Record<string, unknown>>)
  return unobserved('SourceMalformed', `${path} is no YAML: the kubelet does not start with it any more`)
}

/** The one file that it has its configuration from; undefined: there is none, there are several, or it is not known. */
export async function readKubeletFile(host: Host, unit: UnitLook | undefined): Promise<KubeletFile | undefined> {
  const flags = await flagsOf(host, unit)
  if (flags === undefined || !flags.isKubelet || flags.hasFolder) return undefined
  const path = flags.config ?? CONFIG_FILE
  const text = await observe(() => host.files.readText(path))
  if (!text.ok && flags.config === undefined) return undefined
  return { path, inFile: text.ok ? parsed(path, text.value) : text, overruled: flags.names }
}

/** Whether its file says, and its command line does not say otherwise, that it asks the API server whose a token is. */
export async function asksWhoseTokens(host: Host, unit: UnitLook | undefined): Promise<boolean> {
  const file = await readKubeletFile(host, unit)
  if (file?.inFile.ok !== true || file.overruled.has('authentication')) return false
  const said = file.inFile.value as { readonly authentication?: { readonly webhook?: { readonly enabled?: unknown } } }
  return said.authentication?.webhook?.enabled === true
}
