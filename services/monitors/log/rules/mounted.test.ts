import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createHost } from '#host'
import { tempFolder, writeTree } from '../../../../libs/host/testing.ts'
import { type Driver, driverOf } from './mount-lines.ts'
import { readMounted } from './mounted.ts'

/** What is asked. */
function of(driversAsked: readonly Driver[], ...devices: readonly string[]) {
  return { driversAsked: new Set(driversAsked), devicesHeld: new Set(devices) }
}

const UUID = 'b6abadf4-a143-4fb2-9f41-47b17a4e1591'

test('says what each driver lists, of those that are asked for', async () => {
  await using folder = await tempFolder()
  await writeTree(join(folder.path, 'sys/fs'), {
    'ext4/features/x': '',
    'ext4/sda1/errors_count': '0',
    'ext4/dm-3/errors_count': '0',
    'xfs/stats/stats': '',
    'xfs/nvme1n1/log/x': '',
    'btrfs/features/x': '',
    [`btrfs/${UUID}/devices/sdb/size`]: '',
    [`btrfs/${UUID}/devices/sdc/size`]: '',
  })
  const { files } = createHost({ root: folder.path })
  const mounted = await readMounted(files, of(['ext4', 'btrfs', 'f2fs']))
  const listed = [...mounted].map(([driver, { fileSystems, byDevice }]) => [driver, [...fileSystems], [...byDevice]])
  expect(listed).toEqual([
    ['ext4', ['dm-3', 'features', 'sda1'], []],
    [
      'btrfs',
      [UUID],
      [
        ['sdb', UUID],
        ['sdc', UUID],
      ],
    ],
  ])
})

test('says when devices that are asked after have recorded an error', async () => {
  await using folder = await tempFolder()
  await writeTree(join(folder.path, 'sys/fs/ext4'), {
    'features/x': '',
    'sda1/last_error_time': '1796021214\n',
    'sdb/last_error_time': '0\n',
    'sdc/last_error_time': 'what\n',
    'sdd/x': '',
    'sde/last_error_time': '5\n',
  })
  const { files } = createHost({ root: folder.path })
  const asked = of(['ext4'], 'sda1', 'sdb', 'sdc', 'sdd', 'sdf', '../ext4/sde')
  const erredAtMs = [...((await readMounted(files, asked)).get('ext4')?.erredAtMs ?? [])]
  expect(erredAtMs).toEqual([
    ['sda1', 1_796_021_214_000],
    ['sdb', 0],
  ])
})

test('a folder that is not the kernel’s says nothing, nor does one that cannot be read', async () => {
  await using folder = await tempFolder()
  await writeTree(join(folder.path, 'sys/fs'), { 'ext4/sda1/x': '', 'btrfs/features/x': '', xfs: 'no folder' })
  await writeTree(join(folder.path, 'sys/fs/btrfs', UUID), { 'devices/sdb/x': '' })
  const { files } = createHost({ root: folder.path })
  expect([...(await readMounted(files, of(['ext4', 'xfs', 'f2fs']))).keys()]).toEqual([])
  await rm(join(folder.path, 'sys/fs/btrfs', UUID, 'devices'), { recursive: true })
  expect([...(await readMounted(files, of(['btrfs']))).keys()]).toEqual([])
})

test.each([
  ['EXT4-fs (sda1): I/O error while writing superblock', 'ext4'],
  ['EXT4-fs error (device sda1): ext4_lookup:1590: x', 'ext4'],
  ['Aborting journal on device sda1-8.', 'ext4'],
  ['Aborting journal on device sdb1.', undefined],
  ['EXT3-fs (sda3): error: remounting filesystem read-only', undefined],
  ['XFS (sdb1): Filesystem has been shut down due to log error (0x2).', 'xfs'],
  ['BTRFS info (device dm-0 state EA): forced readonly', 'btrfs'],
  ['BTRFS: error (device sdb) in btrfs_free_extent:3116: errno=-28 No space left', 'btrfs'],
  ['F2FS-fs (sda): Remounting filesystem read-only', 'f2fs'],
  ['FAT-fs (sdc1): error, Filesystem has been set read-only', undefined],
])('whose line it is: %s', (text, driver) => {
  expect(driverOf(text)).toBe(driver)
})
