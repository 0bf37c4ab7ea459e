/**
 * Runs inside a container, sent there as text: tries what it may not, and prints what it could. Nothing but Node, no import
 * of ours, no type that is left over at run time. What it could make it takes away again.
 */
import { closeSync, openSync, readFileSync, statSync, unlinkSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { basename, dirname, join } from 'node:path'

interface Targets {
  /** To be read, and opened for writing. */
  readonly files: readonly string[]
  /** To make a file and a socket in, beside every mount. */
  readonly folders: readonly string[]
  /** To connect to. */
  readonly sockets: readonly string[]
}

const { files, folders, sockets } = JSON.parse(process.argv[1] ?? '{}') as Targets
const PROBE = `.walls-${process.pid}`

function could(act: () => void): boolean {
  try {
    act()
    return true
  } catch (err) {
    // Only what the system says: a fault of this program is no wall.
    if (err instanceof Error && 'code' in err) return false
    throw err
  }
}

/** Every mount below `/`, submounts of the host too, as the kernel lists them. */
function mounts(): string[] {
  const lines = readFileSync('/proc/self/mountinfo', 'utf8').trim().split('\n')
  return lines.map((line) =>
    (line.split(' ')[4] ?? '').replace(/\\([0-7]{3})/g, (_, code: string) =>
      String.fromCharCode(Number.parseInt(code, 8)),
    ),
  )
}

function canOpen(path: string, flags: string): boolean {
  return could(() => closeSync(openSync(path, flags)))
}

/** Makes a file in a folder; a plain file that is a mount is opened to be added to. Devices are left alone. */
function canWrite(path: string): boolean {
  let kind: ReturnType<typeof statSync> | undefined
  if (!could(() => (kind = statSync(path))) || kind === undefined) return false
  if (kind.isFile()) return canOpen(path, 'a')
  if (!kind.isDirectory() || !canOpen(join(path, PROBE), 'wx')) return false
  unlinkSync(join(path, PROBE))
  return true
}

/** By its folder: the path of a socket may be longer than the kernel takes. */
function canBind(folder: string): Promise<boolean> {
  return new Promise((resolve) => {
    if (!could(() => process.chdir(folder))) return resolve(false)
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(PROBE, () => server.close(() => resolve(true)))
  })
}

function canConnect(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    if (!could(() => process.chdir(dirname(path)))) return resolve(false)
    const socket = connect(basename(path))
    socket.once('error', () => resolve(false))
    socket.once('connect', () => resolve(socket.destroy() !== undefined))
  })
}

const places = new Set([
  ...mounts().flatMap((mount) => [mount, join(mount, 'tmp'), join(mount, 'var/tmp')]),
  ...folders,
])
const found = {
  tried: places.size,
  wrote: [...places].filter(canWrite),
  read: files.filter((path) => canOpen(path, 'r')),
  // Open is enough to take a lock.
  opened: files.filter((path) => canOpen(path, 'r+')),
  bound: [] as string[],
  connected: [] as string[],
}
for (const folder of folders) if (await canBind(folder)) found.bound.push(folder)
for (const path of sockets) if (await canConnect(path)) found.connected.push(path)
process.stdout.write(JSON.stringify(found))
