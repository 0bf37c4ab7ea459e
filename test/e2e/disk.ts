/** A small real file system to fill, on a loop device; needs root and mkfs.ext4. */
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const canMount: boolean =
  process.getuid?.() === 0 && existsSync('/dev/loop-control') && existsSync('/sbin/mkfs.ext4')

export interface Disk {
  readonly mount: string
  /** Fills it to about this share of what an unprivileged user may use. */
  fill(ratio: number): Promise<void>
  free(): Promise<void>
  readOnly(on: boolean): void
  remove(): Promise<void>
}

export async function createDisk(sizeMiB = 48): Promise<Disk> {
  const dir = await mkdtemp(join(tmpdir(), 'nd-disk-'))
  const image = join(dir, 'disk.img')
  const mount = join(dir, 'mnt')
  await mkdir(mount)
  await writeFile(image, '')
  await truncate(image, sizeMiB * 1024 * 1024)
  execFileSync('/sbin/mkfs.ext4', ['-q', '-F', '-m', '0', image])
  execFileSync('mount', ['-o', 'loop', image, mount])
  const filler = join(mount, 'filler')
  return {
    mount,
    async fill(ratio) {
      await rm(filler, { force: true })
      const line =
        execFileSync('df', ['--output=avail', '-k', mount], { encoding: 'utf8' }).trim().split('\n')[1] ?? '0'
      execFileSync('fallocate', ['-l', `${Math.floor(Number(line) * ratio)}k`, filler])
    },
    free: () => rm(filler, { force: true }),
    readOnly: (on) => {
      execFileSync('mount', ['-o', `remount,${on ? 'ro' : 'rw'}`, mount])
    },
    async remove() {
      execFileSync('umount', [mount])
      await rm(dir, { recursive: true, force: true })
    },
  }
}
