/** Whether it can be told which files of the host are open: asked before a clean-up begins, which deletes none where nobody knows. */
import type { Clock } from '#clock'
import type { HostActs } from '#host/acts'

/** What was found holds so long: it says what this process may look at, which seldom changes. */
const HOLDS_MS = 300_000
/** A name of a program as an attempt has one, of no attempt. */
const NAME = 'open-look'

/** Looks, at most once in five minutes. @returns why nobody knows, in words; "": it can be told. Never rejects */
export type OpenLook = () => Promise<string>

/** Looks the first time it is asked to. */
export function createOpenLook(acts: Pick<HostActs, 'openAmong'>, clock: Clock): OpenLook {
  let last: { readonly why: Promise<string>; readonly atMs: number } | undefined

  async function look(): Promise<string> {
    try {
      const open = await acts.openAmong(NAME, [], { signal: new AbortController().signal })
      return open.kind === 'known' ? '' : open.message
    } catch (err) {
      return err instanceof Error ? err.message : String(err)
    }
  }

  return () => {
    if (last === undefined || clock.monotonicMs() - last.atMs >= HOLDS_MS)
      last = { why: look(), atMs: clock.monotonicMs() }
    return last.why
  }
}
