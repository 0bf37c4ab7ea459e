/**
 * Files that are in nobody's page cache: what is read of them is charged to who reads it. They lie on a disk that reads 128 KiB ahead,
 * as Linux has it by default: where it is megabytes (a virtual machine's, or one tuned for large files), each page of Node that is
 * missed pushes a hundred out of 80 MiB, whoever runs there, and the kernel has all of the processor.
 */
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'

const AHEAD_KIB = '128'
const DISK_MIB = 400

export interface ColdFolder extends Disposable {
  readonly path: string
}

function ran(command: string, ...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr.trim()}`)
  return stdout.trim()
}

/** A disk of its own, in a file. @throws where this user may mount none */
function mounted(folder: string): string {
  const [image, path] = [join(folder, 'disk'), join(folder, 'cold')]
  mkdirSync(path)
  ran('truncate', '-s', `${DISK_MIB}M`, image)
  ran('/sbin/mkfs.ext4', '-q', '-F', image)
  ran('mount', '-o', 'loop', image, path)
  const device = basename(ran('findmnt', '-no', 'SOURCE', path))
  writeFileSync(`/sys/block/${device}/queue/read_ahead_kb`, AHEAD_KIB)
  return path
}

/** A folder for cold files, gone at the end. */
export function coldFolder(): ColdFolder {
  const folder = mkdtempSync(join(tmpdir(), 'nd-bench-cold-'))
  let path = folder
  try {
    path = mounted(folder)
  } catch (err) {
    process.stdout.write(`cold files on the disk that is there, however far it reads ahead: ${String(err)}\n`)
  }
  return {
    path,
    [Symbol.dispose]() {
      if (readFileSync('/proc/mounts', 'utf8').includes(` ${join(folder, 'cold')} `)) {
        spawnSync('umount', ['--lazy', join(folder, 'cold')])
      }
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** @returns where the copy is */
export function coldCopy(from: string, to: string): string {
  copyFileSync(from, to)
  ran('sync', to)
  ran('dd', `if=${to}`, 'iflag=nocache', 'count=0', 'status=none')
  return to
}

/** The bundle of npd and what it starts, each cold. @returns the bundle */
export function coldBundle(to: string): string {
  const dist = new URL('../../../dist/', import.meta.url).pathname
  const parts = readdirSync(dist).filter((name) => /^npd\..*(?:cjs|code)$/.test(name))
  for (const part of parts) coldCopy(join(dist, part), join(to, part))
  return coldCopy(join(dist, 'npd.mjs'), join(to, 'npd.mjs'))
}
