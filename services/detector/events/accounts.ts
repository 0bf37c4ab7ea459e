/**
 * What each source has of a stream's room, and what it may have: at most an eighth of the room, and at most a quarter of what is
 * free of it; what was found by its socket has half of the room together. Pure.
 */
import type { Severity } from '#model'

const SOURCE_SHARE = 1 / 8
const FREE_SHARE = 1 / 4
const DISCOVERED_SHARE = 1 / 2
/** How much of its part a source may fill with events of each severity. */
const SEVERITY_SHARE: Readonly<Record<Severity, number>> = { info: 1, warning: 1 / 2, error: 3 / 4, critical: 1 }

/** How full a stream is, in bytes. */
export interface Fullness {
  readonly room: number
  /** Of all sources. */
  readonly bytes: number
  /** Of those that were found by their sockets. */
  readonly ofDiscovered: number
}

/** Who wants room, and for what. */
export interface Claim {
  readonly severity: Severity
  /** Found by its socket, and named nowhere. */
  readonly isDiscovered: boolean
}

/** Bytes that one source may hold with an event of this severity, that event among them. */
export function limitOf({ room, bytes, ofDiscovered }: Fullness, { severity, isDiscovered }: Claim): number {
  const left = room - bytes
  const free = isDiscovered ? Math.min(left, room * DISCOVERED_SHARE - ofDiscovered) : left
  return Math.min(room * SOURCE_SHARE, free * FREE_SHARE) * SEVERITY_SHARE[severity]
}

/** The accounts of a stream's sources, by name. */
export interface Accounts {
  readonly fullness: Fullness
  /** Charges a source so many bytes, where its limit allows. False: there is no room, and nothing is charged. */
  claim(name: string, size: number, claim: Claim): boolean
  /** Charges it without asking, or gives back. */
  charge(name: string, by: number): void
}

interface Account {
  bytes: number
  isDiscovered: boolean
}

/** @param room bytes that all may have together */
export function createAccounts(room: number): Accounts {
  const accounts = new Map<string, Account>()
  const fullness = { room, bytes: 0, ofDiscovered: 0 }

  function accountOf(name: string): Account {
    return accounts.get(name) ?? { bytes: 0, isDiscovered: false }
  }

  function move(name: string, account: Account, by: number): void {
    account.bytes += by
    fullness.bytes += by
    if (account.isDiscovered) fullness.ofDiscovered += by
    if (account.bytes > 0) accounts.set(name, account)
    else accounts.delete(name)
  }

  return {
    fullness,
    claim(name, size, claim) {
      const account = accountOf(name)
      // Whoever was found may be named meanwhile, and the other way round: what it has goes along.
      if (claim.isDiscovered !== account.isDiscovered)
        fullness.ofDiscovered += claim.isDiscovered ? account.bytes : -account.bytes
      account.isDiscovered = claim.isDiscovered
      if (account.bytes + size > limitOf(fullness, claim)) return false
      move(name, account, size)
      return true
    },
    charge: (name, by) => move(name, accountOf(name), by),
  }
}
