/** Folders that are cleaned up. Names are one unit for each byte (latin1): they need be no text. */
import type { FsStat } from '../files/types.ts'

/** What lies in a folder. */
export interface HeldEntry {
  readonly name: string
  readonly kind: 'file' | 'folder' | 'other'
}

/** What a name in a folder stands for; a link is `other`. */
export interface FileFacts {
  readonly kind: HeldEntry['kind']
  readonly device: bigint
  readonly inode: bigint
  /** How many names it has. */
  readonly links: number
  /** What it takes of the disk. */
  readonly bytes: number
  /** When it was written last, in milliseconds since 1970. */
  readonly writtenMs: number
  /** When it was written, read, or anything of it was changed. */
  readonly touchedMs: number
}

/** What the file system of a folder has. */
export interface FolderSpace extends FsStat {
  /** It is this machine's alone: who has a file of it open is one of this machine's processes. */
  readonly isOwn: boolean
}

/**
 * Why a folder is not opened: `NOT_A_FOLDER` (a link, too), `OTHER_MOUNT` (also of the same file system), or what the file system says
 * ("ENOENT", "EACCES").
 */
export interface FolderRefused {
  readonly refused: string
}

/** A folder that is open until it is closed. */
export interface HeldFolder {
  readonly device: bigint
  readonly inode: bigint
  /** Where it is now, as the kernel has it; " (deleted)" behind where it is nowhere. @throws what the system says, as all of these do */
  place(): Promise<string>
  /** What lies in it, some hundred at a time. */
  entries(): AsyncIterable<readonly HeldEntry[]>
  /** undefined: there is none, or it may not be seen. */
  look(name: string): Promise<FileFacts | undefined>
  /** A folder in it, of the same mount. */
  within(name: string): Promise<HeldFolder | FolderRefused>
  /** Takes a name of a file away. A link that stands there is taken away, not followed; a folder is refused. */
  unlink(name: string): Promise<void>
  space(): Promise<FolderSpace>
  close(): Promise<void>
}
