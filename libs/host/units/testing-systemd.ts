/** A real systemd with a real bus, in a container of systemd-nspawn that has nothing but them and the units of a test. */
import { existsSync } from 'node:fs'
import { chmod, mkdir, readdir, readFile, symlink } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock } from '#clock'
import { spawnChild } from '../programs/child.ts'
import { run, tempFolder, writeTree } from '../testing.ts'

/** Why there is no systemd here; "" when there is. */
export function whyNoSystemd(): string {
  if (process.getuid?.() !== 0) return 'skipped: systemd-nspawn needs root'
  const needed = ['/usr/bin/systemd-nspawn', '/usr/bin/dbus-daemon', '/lib/systemd/systemd']
  const missing = needed.filter((path) => !existsSync(path))
  return missing.length === 0 ? '' : `skipped: ${missing.join(', ')} missing (Debian: systemd-container, dbus-daemon)`
}

/** A machine that runs. */
export interface SystemdMachine extends AsyncDisposable {
  /** What a container of it would have mounted: its folder /run/dbus, and nothing else. Every user may look into it. */
  readonly root: string
  /** The process of its dbus-daemon; of its systemd. */
  readonly busPid: number
  readonly systemdPid: number
  systemctl(...args: string[]): Promise<string>
  /** A program in it, as root. */
  inside(...command: string[]): Promise<string>
}

const BUS = {
  'dbus.socket': '[Socket]\nListenStream=/run/dbus/system_bus_socket\n',
  'dbus.service':
    'Requires=dbus.socket\nAfter=dbus.socket\n[Service]\nExecStart=/usr/bin/dbus-daemon --system --address=systemd: --nofork --nopidfile --systemd-activation\n',
  'default.target': 'AllowIsolate=yes\nRequires=dbus.service\n',
}

async function writeRoot(root: string, units: Readonly<Record<string, string>>): Promise<void> {
  for (const folder of ['usr', 'proc', 'sys', 'dev', 'tmp', 'run', 'var']) await mkdir(join(root, folder))
  for (const folder of ['bin', 'sbin', 'lib', 'lib64']) await symlink(`usr/${folder}`, join(root, folder))
  // Without what systemd makes every unit depend on, which is a whole machine's start.
  const files = Object.entries({ ...BUS, ...units }).map(([name, text]) => [
    `etc/systemd/system/${name}`,
    `[Unit]\nDefaultDependencies=no\n${text}`,
  ])
  await writeTree(root, {
    ...Object.fromEntries(files),
    'etc/passwd': 'root:x:0:0::/:/bin/sh\nmessagebus:x:100:100::/:/bin/false\nnobody:x:65534:65534::/:/bin/false\n',
    'etc/group': 'root:x:0:\nmessagebus:x:100:\nnogroup:x:65534:\n',
    'etc/os-release': 'ID=test\n',
    'etc/machine-id': '',
  })
}

/** Trees in which systemd keeps what it runs, on this machine; it goes by the first. */
const TREES = ['unified', 'systemd', '.']
  .map((name) => join('/sys/fs/cgroup', name))
  .filter((path) => existsSync(join(path, 'cgroup.procs')))
/** Takes a cgroup of its own before it becomes a machine: else all machines have one, and each ends what the others run. */
const IN_CGROUP = 'mkdir "$0" && echo $$ >"$0/cgroup.procs" && exec "$@"'

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It ended with one before it.
  }
}

/** A machine's systemd, without which it has no processes: before it has made cgroups, and after. */
async function initsOf(name: string): Promise<number[]> {
  const files = ['payload/cgroup.procs', 'payload/init.scope/cgroup.procs'].map((file) =>
    join(TREES[0] ?? '', name, file),
  )
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8').catch(() => '')))
  return texts.flatMap((text) => text.split('\n').map(Number).filter(Boolean))
}

/** Takes its cgroups away as soon as they are empty. */
async function removeCgroups(name: string): Promise<void> {
  await until('its cgroups are empty', async () => {
    const paths = TREES.map((tree) => join(tree, name)).filter((path) => existsSync(path))
    if (paths.length === 0) return true
    await run('find', ...paths, '-depth', '-type', 'd', '-exec', 'rmdir', '{}', '+').catch(() => undefined)
    return undefined
  })
}

/** The child of a process, by the name of its program. */
async function childOf(pid: number, name: string): Promise<number | undefined> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '')
  for (const child of text.trim().split(' ').filter(Boolean)) {
    const found = await readFile(`/proc/${child}/comm`, 'utf8').catch(() => '')
    if (found.trim() === name) return Number(child)
  }
  return undefined
}

async function until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  for (const endMs = performance.now() + 20_000; performance.now() < endMs; await sleep(20)) {
    const found = await look()
    if (found !== undefined) return found
  }
  throw new Error(`not within 20 s: ${what}`)
}

/**
 * @param units name → text of its file, from the line behind `[Unit]` on
 * @param binds folders of this machine that it has at the same place
 */
export async function startSystemd(
  units: Readonly<Record<string, string>>,
  binds: readonly string[] = [],
): Promise<SystemdMachine> {
  const folder = await tempFolder()
  const [machine, mounted] = [join(folder.path, 'machine'), join(folder.path, 'mounted')]
  await mkdir(join(mounted, 'run/dbus'), { recursive: true })
  await mkdir(machine)
  await chmod(folder.path, 0o755)
  await writeRoot(machine, units)
  const args = [
    '--quiet',
    '--keep-unit',
    '--register=no',
    '--console=pipe',
    '--private-network',
    '--bind-ro=/usr',
    `--bind=${mounted}/run/dbus:/run/dbus`,
    ...binds.map((each) => `--bind=${each}`),
  ]
  const said: string[] = []
  const cgroup = basename(folder.path)
  const command = ['systemd-nspawn', ...args, '-b', '-D', machine]
  const nspawn = await spawnChild(systemClock(), 'sh', ['-c', IN_CGROUP, join(TREES[0] ?? '', cgroup), ...command], {
    dieWithParent: true,
    // Of version 1 nobody in a container is told that a cgroup is empty, and a unit that was stopped may be ending for a minute and a half.
    env: { PATH: process.env['PATH'], SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: '1' },
    onLine: (line) => said.push(line),
  })
  async function end(): Promise<void> {
    // Not by a shutdown, which waits for each unit; and a machine outlives the program that started it.
    for (const pid of await initsOf(cgroup)) killIfThere(pid)
    await nspawn.stop(10_000)
    await removeCgroups(cgroup)
    await folder[Symbol.asyncDispose]()
  }
  try {
    const systemdPid = await until('systemd runs', () => childOf(nspawn.pid, 'systemd'))
    const busPid = await until('its bus runs', () => childOf(systemdPid, 'dbus-daemon'))
    const inside = (...words: string[]): Promise<string> => run('nsenter', '-t', String(systemdPid), '-a', ...words)
    await until('systemd is on its bus', () =>
      inside('busctl', 'status', 'org.freedesktop.systemd1').catch(() => undefined),
    )
    const systemctl = (...words: string[]): Promise<string> => inside('systemctl', ...words)
    return { root: mounted, busPid, systemdPid, systemctl, inside, [Symbol.asyncDispose]: end }
  } catch (err) {
    await end()
    throw new Error(`systemd did not come up: ${said.join('\n')}`, { cause: err })
  }
}

/** How many sockets this process has open. */
export async function openSockets(): Promise<number> {
  const open = await readdir('/proc/self/fd')
  return open.length
}
