/** What kernels said where a file system was unmounted whose disk took no more writes, and where it was in use. */

/** One course of a kernel's log. */
export interface UnmountCourse {
  /** Whose lines these are, and of what. */
  readonly from: string
  readonly device: string
  readonly lines: readonly string[]
  /** What is told of it, one after the other: "problem Type" and "over Type". */
  readonly told: readonly string[]
}

const UUID = '55830b57-6843-4d4a-b8d9-1364319ceddb'

/** Unmounted, as the kernel says first; what its disk does not take comes behind that. */
export const FAILED_BEHIND: readonly UnmountCourse[] = [
  {
    from: 'Linux 6.18, ext4, as it stood in its log',
    device: 'loop1',
    lines: [
      `EXT4-fs (loop1): mounted filesystem ${UUID} r/w with ordered data mode. Quota mode: none.`,
      `EXT4-fs (loop1): unmounting filesystem ${UUID}.`,
      'Buffer I/O error on dev loop1, logical block 147457, lost sync page write',
      'JBD2: I/O error when updating journal superblock for loop1-8.',
      'Aborting journal on device loop1-8.',
      "EXT4-fs error (device loop1): ext4_put_super:1306: comm umount: Couldn't clean up the journal",
      'Buffer I/O error on dev loop1, logical block 1, lost sync page write',
      'EXT4-fs (loop1): I/O error while writing superblock',
      'EXT4-fs (loop1): Remounting filesystem read-only',
    ],
    told: [],
  },
  {
    from: 'Linux 6.1, fs/ext4/super.c: no UUID behind the words',
    device: 'dm-3',
    lines: [
      'EXT4-fs (dm-3): unmounting filesystem.',
      'Aborting journal on device dm-3-8.',
      "EXT4-fs error (device dm-3): ext4_put_super:1203: comm umount: Couldn't clean up the journal",
      'EXT4-fs (dm-3): I/O error while writing superblock',
      'EXT4-fs (dm-3): Remounting filesystem read-only',
    ],
    told: [],
  },
  {
    from: 'Linux 6.18, XFS, as it stood in its log',
    device: 'loop1',
    lines: [
      'XFS (loop1): Mounting V5 Filesystem d846376f-0882-467d-a754-a912c75e7f00',
      'XFS (loop1): Ending clean mount',
      'XFS (loop1): Unmounting Filesystem d846376f-0882-467d-a754-a912c75e7f00',
      'XFS (loop1): metadata I/O error in "__xfs_buf_ioend+0x1e0/0x580" at daddr 0x0 len 1 error 5',
      'XFS (loop1): Metadata I/O Error (0x1) detected at __xfs_buf_ioend+0x513/0x580 (fs/xfs/xfs_buf.c:1134).  Shutting down filesystem.',
      'XFS (loop1): Please unmount the filesystem and rectify the problem(s)',
    ],
    told: [],
  },
  {
    from: 'Linux 4.19, fs/xfs: no UUID, and other words for the end',
    device: 'sdb1',
    lines: [
      'XFS (sdb1): Mounting V5 Filesystem',
      'XFS (sdb1): Ending clean mount',
      'XFS (sdb1): Unmounting Filesystem',
      'XFS (sdb1): metadata I/O error in "xfs_buf_ioend_fail_async" at daddr 0x1 len 1 error 5',
      'XFS (sdb1): Log I/O Error Detected.  Shutting down filesystem',
    ],
    told: [],
  },
  {
    from: 'Linux 6.18, fs/btrfs: what it says of a failed transaction, behind the unmount',
    device: 'loop1',
    lines: [
      'BTRFS info (device loop1): first mount of filesystem b6abadf4-a143-4fb2-9f41-47b17a4e1591',
      'BTRFS info (device loop1): last unmount of filesystem b6abadf4-a143-4fb2-9f41-47b17a4e1591',
      'BTRFS error (device loop1): bdev /dev/loop1 errs: wr 1, rd 0, flush 0, corrupt 0, gen 0',
      'BTRFS error (device loop1 state A): Transaction aborted (error -5)',
      'BTRFS: error (device loop1 state A) in __btrfs_run_delayed_items:1181: errno=-5 IO failure',
      'BTRFS info (device loop1 state EA): forced readonly',
      'BTRFS: error (device loop1 state EA) in cleanup_transaction:2038: errno=-5 IO failure',
    ],
    told: [],
  },
]

/** Its disk failed while it was mounted. */
export const FAILED_BEFORE: readonly UnmountCourse[] = [
  {
    from: 'Linux 6.18, ext4, as it stood in its log: the disk fails while it is written to',
    device: 'loop1',
    lines: [
      'EXT4-fs (loop1): failed to convert unwritten extents to written extents -- potential data loss!  (inode 13, error -5)',
      'Aborting journal on device loop1-8.',
      'JBD2: I/O error when updating journal superblock for loop1-8.',
      'EXT4-fs (loop1): unmounting filesystem 744580df-a9a7-451c-99a1-dbbefc842d82.',
      'EXT4-fs (loop1): I/O error while writing superblock',
    ],
    told: [
      'problem FilesystemIOErrors',
      'problem FilesystemForcedReadOnly',
      'over FilesystemIOErrors',
      'over FilesystemForcedReadOnly',
    ],
  },
  {
    from: 'Linux 4.19, fs/ext4/super.c: no line says that it is unmounted',
    device: 'sda1',
    lines: [
      'JBD2: Error -5 detected when updating journal superblock for sda1-8.',
      'Aborting journal on device sda1-8.',
      "EXT4-fs error (device sda1): ext4_put_super:1005: Couldn't clean up the journal",
      'EXT4-fs (sda1): previous I/O error to superblock detected',
      'EXT4-fs (sda1): Remounting filesystem read-only',
    ],
    told: ['problem FilesystemForcedReadOnly', 'over FilesystemForcedReadOnly'],
  },
  {
    from: 'Linux 6.18, XFS, as it stood in its log: what waited to be written is written before it is unmounted',
    device: 'loop1',
    lines: [
      'loop1: writeback error on inode 132, offset 0, sector 192',
      'XFS (loop1): log I/O error -5',
      'XFS (loop1): Filesystem has been shut down due to log error (0x2).',
      'XFS (loop1): Please unmount the filesystem and rectify the problem(s).',
      'XFS (loop1): Unmounting Filesystem 91fbcf04-6a34-4a29-b225-60a31ca0c4b3',
    ],
    told: ['problem FilesystemShutDown', 'over FilesystemShutDown'],
  },
  {
    from: 'Linux 6.18, btrfs, as it stood in its log: what it says before stands',
    device: 'loop1',
    lines: [
      'BTRFS error (device loop1 state A): Transaction aborted (error -5)',
      'BTRFS: error (device loop1 state A) in __btrfs_run_delayed_items:1181: errno=-5 IO failure',
      'BTRFS info (device loop1 state EA): forced readonly',
      'BTRFS warning (device loop1 state EA): Skipping commit of aborted transaction.',
      'BTRFS info (device loop1 state EA): last unmount of filesystem b6abadf4-a143-4fb2-9f41-47b17a4e1591',
    ],
    told: ['problem FilesystemDamaged', 'problem FilesystemForcedReadOnly', 'over FilesystemForcedReadOnly'],
  },
  {
    from: 'Linux 6.8, fs/xfs: what is damaged is damaged also where it is found while it is unmounted',
    device: 'sdb1',
    lines: [
      'XFS (sdb1): Unmounting Filesystem 91fbcf04-6a34-4a29-b225-60a31ca0c4b3',
      'XFS (sdb1): Metadata CRC error detected at xfs_agf_read_verify+0xd1/0xf0 [xfs], xfs_agf block 0x1',
    ],
    told: ['problem FilesystemDamaged'],
  },
]

/** What goes wrong while ext4 mounts stands before the line that it is mounted, and holds. */
export const FAILED_WITHIN: readonly UnmountCourse[] = [
  {
    from: 'Linux 6.18, ext4 without a journal, errors=remount-ro',
    device: 'loop1',
    lines: [
      'EXT4-fs error (device loop1): ext4_orphan_get:1421: comm mount: bad orphan inode 15',
      'EXT4-fs (loop1): Remounting filesystem read-only',
      `EXT4-fs (loop1): mounted filesystem ${UUID} r/w without journal. Quota mode: none.`,
    ],
    told: ['problem FilesystemDamaged', 'problem FilesystemForcedReadOnly'],
  },
  {
    from: 'Linux 5.4, fs/ext4/super.c: the journal is aborted while it is mounted, and the superblock cannot be written',
    device: 'sda1',
    lines: [
      'Aborting journal on device sda1-8.',
      'EXT4-fs (sda1): I/O error while writing superblock',
      'EXT4-fs (sda1): mounted filesystem with ordered data mode. Opts: errors=remount-ro',
    ],
    told: ['problem FilesystemForcedReadOnly', 'problem FilesystemIOErrors'],
  },
]
