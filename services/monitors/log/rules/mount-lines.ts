/** What the kernel says of file systems that are mounted and unmounted, and which of them a line is about. Pure. */
import { compilePattern, type Pattern } from '#pattern'

/**
 * It is said when a file system is taken down, before what is left is written: by XFS always, by ext4 and btrfs of newer kernels.
 * `ext4_put_super` is what takes one down, also where no other line says so.
 */
const UNMOUNTED =
  "(?:EXT[234]-fs(?: error)?|XFS|BTRFS info) \\((?:device )?(?P<dev>[^):\\s]+)[^)]*\\): (?:[Uu]nmounting [Ff]ilesystem|last unmount of filesystem(?: (?P<uuid>[0-9a-f-]{36}))?|ext4_put_super:\\d+: (?:comm .+: )?Couldn't clean up the journal)"
/** Another file system, said before anything else of its mount: whatever was mounted from there is not any more. */
const MOUNTING =
  '(?:XFS|BTRFS info) \\((?:device )?(?P<dev>[^):\\s]+)[^)]*\\): (?:Mounting (?:V\\d )?[Ff]ilesystem|first mount of filesystem(?: (?P<uuid>[0-9a-f-]{36}))?)'
/** The same, said when all else of the mount was: what went wrong with that stands before it. */
const MOUNTED =
  '(?:EXT[234]-fs|F2FS-fs) \\((?P<dev>[^):\\s]+)[^)]*\\): (?:mounted filesystem|Mounted with checkpoint version)'

/** Drivers that list what is mounted, and the words of their lines. An external journal is no file system of its own. */
const DRIVERS = [
  ['ext4', /\bEXT4-fs (?:\w+ )?\(|\bAborting journal on device \S+-8\./],
  ['xfs', /\bXFS \(/],
  ['btrfs', /\bBTRFS:? (?:\w+ )?\(/],
  ['f2fs', /\bF2FS-fs \(/],
] as const

/** Who mounts a file system. */
export type Driver = (typeof DRIVERS)[number][0]

/** Whether a file system comes or goes; `mounted`: it has come, and what was said just before may be of that. */
export type MountWord = 'mounted' | 'mounting' | 'unmounted'

/** Whose lines say which. What has gone comes first: what else its line says is said behind that. */
export function mountPatterns(): readonly (readonly [MountWord, Pattern])[] {
  return [
    ['unmounted', compilePattern(UNMOUNTED)],
    ['mounting', compilePattern(MOUNTING)],
    ['mounted', compilePattern(MOUNTED)],
  ]
}

/** Whose line it is; undefined: of nobody who lists what is mounted. */
export function driverOf(text: string): Driver | undefined {
  return DRIVERS.find(([, words]) => words.test(text))?.[0]
}

const DISK = 'disk:'

/** What is said of a device is said of this. */
export function entityOfDevice(device: string): string {
  return `${DISK}${device}`
}

/** The device that an entity names, as /sys writes it (`cciss!c0d0`); undefined: it names none. */
export function deviceOfEntity(entity: string): string | undefined {
  return entity.startsWith(DISK) ? entity.slice(DISK.length).replaceAll('/', '!') : undefined
}
