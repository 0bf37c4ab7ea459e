/**
 * Tells of every change below some folders. Node's own recursive watch listens to each file by its inode and hears nothing more of
 * one that was written beside it and renamed over it, as editors save; here each folder is listened to, for the names in it.
 */
import { type FSWatcher, readdirSync, statSync, watch } from 'node:fs'
import { join, sep } from 'node:path'

export interface TreeWatch {
  close(): void
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}

/** Folders in a folder; none where it has gone meanwhile. */
function foldersIn(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true })
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name))
  } catch {
    return []
  }
}

/** @param onChange given the path of what was made, changed, renamed or removed; a folder that is new stands for all that is in it */
export function watchTree(folders: readonly string[], onChange: (path: string) => void): TreeWatch {
  const watchers = new Map<string, FSWatcher>()

  function forget(path: string): void {
    for (const [folder, watcher] of watchers) {
      if (folder !== path && !folder.startsWith(path + sep)) continue
      watcher.close()
      watchers.delete(folder)
    }
  }

  function heard(path: string): void {
    // What has this name now may be another folder than before.
    if (isFolder(path)) listen(path)
    else forget(path)
    onChange(path)
  }

  function listen(folder: string): void {
    forget(folder)
    try {
      const watcher = watch(folder, (_event, name) => heard(name === null ? folder : join(folder, name)))
      watcher.on('error', () => forget(folder))
      watchers.set(folder, watcher)
    } catch {
      // It has gone meanwhile, which the folder above tells.
      return
    }
    foldersIn(folder).forEach(listen)
  }

  folders.forEach(listen)
  return { close: () => folders.forEach(forget) }
}
