/**
 * Where a monitor is served and where it keeps things. At a socket that is not its own it may run beside the one that has it, so what it
 * keeps is its own there: two processes would write one file.
 */
import { join } from 'node:path'
import { hashText } from '#model'
import { folderOf, socketOf } from '#service-table'
import { SOCKET_FLAG } from './define.ts'

/** What a monitor's place follows from. */
export interface PlaceOptions {
  readonly name: string
  readonly runDir: string
  /** Where its socket is, where the command line says so. */
  readonly socket?: string | undefined
  /** Somebody answers at the monitor's own socket. */
  readonly isBeside?: boolean | undefined
}

export interface MonitorPlace {
  readonly socketPath: string
  /** What says so, for errors. */
  readonly socketPlace: string | undefined
  /** Of its files for probes: its own run folder, wherever its socket is, as long as no other has that. */
  readonly folder: string
  /** Of what it knows of this boot. */
  readonly runFolder: string
  /** The folder below its state folder that is this place's, which no check can have: their names begin otherwise. "" at its own socket. */
  readonly apart: string
}

/** By the path of its socket alone, so that the next process there knows what this one did. */
export function placeOf({ name, runDir, socket, isBeside = false }: PlaceOptions): MonitorPlace {
  const row = { name, kind: 'monitor' } as const
  const own = socketOf(row, runDir)
  const folder = folderOf(row, runDir)
  if (socket === undefined) return { socketPath: own, socketPlace: undefined, folder, runFolder: folder, apart: '' }
  const socketPlace = `--${SOCKET_FLAG}`
  if (socket === own) return { socketPath: own, socketPlace, folder, runFolder: folder, apart: '' }
  const apart = `.at-${hashText(socket).slice(0, 16)}`
  const runFolder = join(folder, apart)
  return { socketPath: socket, socketPlace, folder: isBeside ? runFolder : folder, runFolder, apart }
}
