/** A real file system to fill, mounted where the engine sees it. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Engine } from './engine.ts'
import { run } from './exec.ts'

export interface Disk {
  readonly mountPoint: string
  fill(): void
  free(): void
  remove(): void
}

export function createDisk(engine: Engine): Disk {
  const dir = mkdtempSync(join(tmpdir(), 'ndc-disk-'))
  // The monitor's user has no more rights than anybody.
  chmodSync(dir, 0o755)
  const mountPoint = join(dir, 'mounted')
  const image = join(dir, 'image')
  run(['truncate', '--size', '64M', image])
  run(['mkfs.ext4', '-q', '-F', image])
  run(['mkdir', mountPoint])
  engine.inside(['mount', '-o', 'loop', image, mountPoint])
  const file = join(mountPoint, 'filler')
  return {
    mountPoint,
    fill: () => void engine.tryInside(['dd', 'if=/dev/zero', `of=${file}`, 'bs=1M', 'count=80']),
    free: () => void engine.inside(['rm', '-f', file]),
    remove() {
      engine.tryInside(['umount', mountPoint])
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
