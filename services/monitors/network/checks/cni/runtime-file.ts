/** What a container runtime's own configuration says of CNI. Pure. */
import { isAbsolute } from './conf.ts'

/** Folders that a runtime names. */
export interface RuntimeFolders {
  /** Where it looks for the configuration. */
  readonly config: readonly string[]
  /** Where it looks for the binaries of plug-ins. */
  readonly binaries: readonly string[]
}

/** Keys of containerd (`cni` of its CRI plug-in) and of CRI-O (`crio.network`). */
const KEYS: Readonly<Record<string, keyof RuntimeFolders>> = {
  conf_dir: 'config',
  network_dir: 'config',
  bin_dir: 'binaries',
  bin_dirs: 'binaries',
  plugin_dirs: 'binaries',
}

/** Of containerd's three versions, and CRI-O's. */
const SECTION = /^(?:plugins\..*(?:\.cni|"cni"|'cni')|crio\.network)$/

/** Folders that a file may name. */
const MANY = 16

const TEXTS = /"((?:[^"\\]|\\.)*)"|'([^']*)'/g

/** Texts between quotes, as TOML writes them; behind a "#" that is in none of them stands a comment. */
function textsIn(value: string): readonly string[] {
  const code = value.replaceAll(/"(?:[^"\\]|\\.)*"|'[^']*'|#[^\n]*/g, (part) => (part.startsWith('#') ? '' : part))
  return Array.from(code.matchAll(TEXTS), ([, basic, literal]) => basic?.replaceAll(/\\(.)/g, '$1') ?? literal ?? '')
}

/**
 * The lines of a TOML file that name folders of CNI:
 *
 *     [plugins."io.containerd.grpc.v1.cri".cni]
 *       bin_dir = "/opt/cni/bin"
 *       conf_dir = "/etc/cni/net.d"
 *
 * What it cannot read (tables in one line) names nothing.
 */
export function runtimeFoldersIn(text: string): RuntimeFolders {
  const found = { config: [] as string[], binaries: [] as string[] }
  let isOfCni = false
  const lines = text.split('\n')
  for (const [at, line] of lines.entries()) {
    const section = /^\s*\[([^\]]*)\]/.exec(line)
    if (section !== null) isOfCni = SECTION.test(section[1]!.trim())
    const [, key = '', value = ''] = (isOfCni && /^\s*(\w+)\s*=\s*(\S.*)$/.exec(line)) || []
    const kind = Object.hasOwn(KEYS, key) ? KEYS[key] : undefined
    if (kind === undefined) continue
    // A list may go on over some lines.
    const rest = value.startsWith('[') ? lines.slice(at, at + MANY).join('\n') : value
    const whole = value.startsWith('[') ? rest.slice(rest.indexOf('['), endOfList(rest)) : value
    const folders = textsIn(whole).filter(isAbsolute).slice(0, MANY)
    found[kind].push(...folders.map((folder) => folder.replace(/(?<=.)\/+$/, '')))
  }
  return { config: found.config.slice(0, MANY), binaries: found.binaries.slice(0, MANY) }
}

function endOfList(text: string): number {
  const end = text.indexOf(']')
  return end < 0 ? text.length : end
}
