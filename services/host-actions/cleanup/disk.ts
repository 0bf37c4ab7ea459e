/** The disk that is cleaned up, and how much of it is still to be freed. */
import type { Clock } from '#clock'
import { type Host, HostReadError } from '#host'
import type { FolderSpace, HeldFolder, HeldFolders } from '#host/acts'
import { isNone, type Missing, missingTo, usedPercent } from './usage.ts'

/** Some file systems count what was freed a moment later. */
const SETTLE_MS = 2_000
const LOOK_MS = 100

/** A disk by a folder on it, which is held open. */
export interface Disk extends AsyncDisposable {
  /** From the host's root, as it was asked for. */
  readonly path: string
  readonly device: bigint
  /** @throws what the file system says */
  space(): Promise<FolderSpace>
}

function wordsOf(path: string, code: string): string {
  return code === 'NOT_A_FOLDER' ? `${path} is no folder` : `cannot look at ${path}: ${code}`
}

/** @returns why it is not cleaned up, in words */
export async function diskAt(
  { files }: Pick<Host, 'files'>,
  folders: HeldFolders,
  path: string,
): Promise<Disk | string> {
  let held: HeldFolder
  try {
    const found = await folders.hold(await files.realPath(path))
    if ('refused' in found) return wordsOf(path, found.refused)
    held = found
  } catch (err) {
    if (err instanceof HostReadError) return err.message
    throw err
  }
  const { isOwn } = await held.space()
  if (isOwn) return { path, device: held.device, space: held.space, [Symbol.asyncDispose]: held.close }
  await held.close()
  return `${path} lies on a file system that is not this machine's alone, or of a kind that is not cleaned up`
}

/** How much is still to go. */
export interface Gauge {
  /** By what was counted since the last look. */
  readonly missing: Missing
  /** So much has gone. */
  freed(bytes: number): void
  /**
   * Asks the file system, and again for 2 s where it has not yet counted what has gone. @returns whether the disk is at its limit
   * @throws the signal's reason
   */
  isDone(signal: AbortSignal): Promise<boolean>
}

/** Looks once. @throws what the file system says */
export async function createGauge(disk: Disk, limitPercent: number, clock: Clock): Promise<Gauge> {
  const look = async (): Promise<Missing> => missingTo(await disk.space(), limitPercent)
  let missing = await look()
  return {
    get missing() {
      return missing
    },
    freed(bytes) {
      missing = { bytes: missing.bytes - bytes, files: missing.files - 1 }
    },
    async isDone(signal) {
      const isExpected = isNone(missing)
      const endMs = clock.monotonicMs() + SETTLE_MS
      for (;;) {
        missing = await look()
        if (isNone(missing)) return true
        if (!isExpected || clock.monotonicMs() >= endMs) return false
        await clock.sleep(LOOK_MS, signal)
      }
    },
  }
}

/** "97 %". Pure. */
export function shownUsage(space: FolderSpace): string {
  return `${usedPercent(space).toFixed(1).replace(/\.0$/, '')} %`
}
