/** What journalctl says of itself on stderr, at its level "debug" (systemd 246 to 257). Pure. */

/** "Journal file /a/system.journal uses an unsupported feature, ignoring file." */
const FILE_IGNORED = /^Journal file (.+?) (?:is|uses|has|was|belongs|corrupted).*, ignoring file\.?/
/** "Can't iterate through /a/system.journal, ignoring: Bad message"; "Failed to open journal file /a: Bad message" */
const FILE_LEFT = /^(?:Can't iterate through|Failed to open journal file) (.+?)(?:, ignoring)?: (.+)$/
/** "Entry item 645 is bad, skipping over it."; "Entry item 9 data object is bad, skipping over it: Bad message" */
const ENTRY_BAD = /^Entry item \d+ .*is bad, skipping/
/** A file that has gone while it was looked at. */
const GONE = /No such file/
/** One that is being made is like one that was cut. */
const SHORT = /No data available|is truncated/
const FILE_ADDED = /^File .+ added\.$/
const NO_RIGHT = 'No journal files were opened due to insufficient permissions'
/** Beside its words of trouble it says what it does. */
const TROUBLE = /^(?:Failed|No journal|Error|Invalid|Unknown|Cannot|journalctl:|setpriv:)|ignoring file/
const TOLD_MAX = 256

/** Hears what is damaged, and says each thing once. */
export interface DamageWatch {
  /** @param way whether it follows: then files come and go while it looks */
  hear(line: string, way: 'whole' | 'live'): void
  /** Whether there was anything new since it was asked. */
  take(): boolean
  /** The last that was heard. */
  readonly last: string | undefined
}

/** What a line says cannot be read: a file, or some entry; undefined for any other line. */
export function damagedBy(line: string, way: 'whole' | 'live'): string | undefined {
  if (ENTRY_BAD.test(line)) return line
  if (GONE.test(line) || (way === 'live' && SHORT.test(line))) return undefined
  return FILE_IGNORED.exec(line)?.[1] ?? FILE_LEFT.exec(line)?.[1]
}

/** Nothing heard yet. */
export function createDamageWatch(): DamageWatch {
  const told = new Set<string>()
  let isNew = false
  let last: string | undefined
  return {
    hear(line, way) {
      const what = damagedBy(line, way)
      if (what === undefined) return
      last = line
      if (told.has(what)) return
      if (told.size < TOLD_MAX) told.add(what)
      isNew = true
    },
    take() {
      const was = isNew
      isNew = false
      return was
    },
    get last() {
      return last
    },
  }
}

/** What it could not do. */
export interface Failure {
  /** As of a HostReadError. */
  readonly code: string
  readonly detail?: string
}

/** There is none, where it showed no entry and had not one file: it says so itself only of other formats than export. */
export function missingOf(said: readonly string[]): Failure | undefined {
  return said.some((line) => FILE_ADDED.test(line)) ? undefined : { code: 'ENOENT', detail: 'there is no journal' }
}

/** Why it could not do what it was asked for; undefined where it did. @param end its code, or the signal that ended it */
export function failureOf(said: readonly string[], end: number | string | null): Failure | undefined {
  if (said.some((line) => line.startsWith(NO_RIGHT))) return { code: 'EACCES' }
  if (end === 0) return undefined
  const trouble = said.findLast((line) => TROUBLE.test(line))
  return { code: 'JOURNALCTL_FAILED', detail: trouble ?? `it ended with ${end}` }
}
