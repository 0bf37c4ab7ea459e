/** Real plug-ins of CNI, called as a container runtime calls them. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

const CACHE = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache')
const FOLDERS = [join(CACHE, 'node-doctor/cni'), '/usr/lib/cni', '/usr/libexec/cni', '/opt/cni/bin']

/** Where bridge and host-local lie; undefined: they are not here. */
export const PLUGINS = FOLDERS.find((folder) =>
  ['bridge', 'host-local'].every((name) => existsSync(join(folder, name))),
)

/** One call of a plug-in. */
export interface Call {
  readonly command: 'ADD' | 'DEL'
  readonly plugin: string
  readonly conf: object
  /** Of a pod: the name of its network, as `ip netns` has it. */
  readonly pod: string
  /** In the pod; the address is taken for this. */
  readonly interface: string
  /** The network of the node, as `ip netns` has it; default: none, for a plug-in that makes no interface. */
  readonly node?: string
}

/** Calls a plug-in. @returns why it failed, in its own words; undefined: it did what it was told */
export async function callPlugin(call: Call): Promise<string | undefined> {
  const variables = {
    CNI_COMMAND: call.command,
    CNI_CONTAINERID: call.pod,
    CNI_NETNS: `/run/netns/${call.pod}`,
    CNI_IFNAME: call.interface,
    CNI_PATH: PLUGINS!,
  }
  const words = [...Object.entries(variables).map(([name, value]) => `${name}=${value}`), join(PLUGINS!, call.plugin)]
  const within = call.node === undefined ? [] : ['ip', 'netns', 'exec', call.node]
  const [program = 'env', ...rest] = [...within, 'env', ...words]
  const called = run(program, rest)
  called.child.stdin?.end(JSON.stringify(call.conf))
  try {
    await called
    return undefined
  } catch (error) {
    const { stdout = '' } = error as { stdout?: string }
    return (JSON.parse(stdout) as { msg: string }).msg
  }
}
