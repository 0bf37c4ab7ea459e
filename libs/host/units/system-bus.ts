/** The host's system bus: one question is one connection, and why nobody answered is a value. */
import { type Clock, patiently, unlessAborted } from '#clock'
import { HostReadError } from '../errors.ts'
import type { Files } from '../files/types.ts'
import { type BusAnswer, type BusConnection, connectBus } from './bus/connection.ts'
import { BusLostError, BusMalformedError } from './bus/errors.ts'
import type { BusMessage } from './bus/message.ts'
import type { BusValue } from './bus/read.ts'
import type { UnitOptions, UnitUnknown } from './types.ts'

/** systemd's own name on the bus. */
export const SYSTEMD = 'org.freedesktop.systemd1'
/** Where every system bus listens (D-Bus specification, "Well-known Message Bus Instances"). */
const SOCKET = '/run/dbus/system_bus_socket'
const DEFAULT_TIMEOUT_MS = 5000
const MAX_TEXT = 200

/** Nobody said what was asked for. */
export interface BusUnknown {
  readonly kind: 'unknown'
  readonly reason: UnitUnknown
  /** What was tried, what happened and what to do, for people. */
  readonly message: string
  /** The bus's own name of the error ("org.freedesktop.systemd1.UnitExists"), where it answered with one; else "". */
  readonly errorName: string
}

/** What came of a question. */
export type BusSaid<Value> = { readonly kind: 'said'; readonly value: Value } | BusUnknown

/** How a question is asked. */
export interface BusQuestion extends UnitOptions {
  /** Told every signal that comes over the connection; none does unless it was asked for (AddMatch). */
  readonly onSignal?: (message: BusMessage) => void
}

/** The bus of one machine. */
export interface SystemBus {
  /**
   * Does `work` over a connection of its own that is closed with it. It never throws for what the bus or whoever is asked does.
   * @param what for people: "ask systemd for kubelet.service"
   */
  ask<Value>(what: string, options: BusQuestion, work: (bus: BusConnection) => Promise<Value>): Promise<BusSaid<Value>>
}

/** systemd, or the bus in its place, answered that it does not. */
class BusRefusedError extends Error {
  override readonly name = 'BusRefusedError'
  readonly reason: UnitUnknown
  readonly errorName: string

  constructor(reason: UnitUnknown, errorName: string, message: string) {
    super(`${errorName}: ${message}`)
    this.reason = reason
    this.errorName = errorName
  }
}

/** What an error of D-Bus means ("org.freedesktop.DBus.Error.AccessDenied"). */
const REASONS: Readonly<Record<string, UnitUnknown>> = {
  AccessDenied: 'denied',
  AuthFailed: 'denied',
  InteractiveAuthorizationRequired: 'denied',
  ServiceUnknown: 'no-systemd',
  NameHasNoOwner: 'no-systemd',
  // The bus waited for systemd, or systemd left meanwhile.
  NoReply: 'hung',
  Timeout: 'hung',
  TimedOut: 'hung',
  Disconnected: 'closed',
}

const ADVICE: Readonly<Record<UnitUnknown, string>> = {
  'no-bus': `without systemd there is no unit to ask for; in a container mount the host's folder /run/dbus below settings.hostRoot`,
  'no-systemd': 'the units of this machine are not run by systemd, or it has just been started anew',
  denied: 'let this user ask the bus (its policies are in /etc/dbus-1/system.d)',
  hung: 'look at the bus (dbus-daemon or dbus-broker) and at process 1: are they stopped, or short of a processor?',
  closed:
    'dbus-daemon does that to a user whom /etc/passwd of its machine does not name, and with too many connections: see its words in the journal',
  malformed: 'look at who listens there: it does not speak as systemd does',
  refused: 'check the name of the unit (systemctl status says the same)',
  failed: 'see the code',
}

/** Nothing is known, in words. */
export function unknown(what: string, reason: UnitUnknown, why: string, errorName = ''): BusUnknown {
  const words = why
    .replace(/\s+/g, ' ')
    .replace(/\p{Cc}/gu, '?')
    .slice(0, MAX_TEXT)
  return { kind: 'unknown', reason, message: `cannot ${what}: ${words}; ${ADVICE[reason]}`, errorName }
}

/** What was returned; an answer that is an error makes the question unknown. */
export function returned(answer: BusAnswer): readonly BusValue[] {
  if (answer.kind === 'returned') return answer.values
  const reason = REASONS[answer.name.replace('org.freedesktop.DBus.Error.', '')] ?? 'refused'
  throw new BusRefusedError(reason, answer.name, answer.message)
}

/** Why nothing is known, where that is no fault of this program. @throws what is one */
function reasonOf(what: string, error: unknown): BusUnknown {
  if (error instanceof BusRefusedError) return unknown(what, error.reason, error.message, error.errorName)
  if (error instanceof BusLostError) return unknown(what, error.failure, `${SOCKET}: ${error.message}`)
  if (error instanceof BusMalformedError) return unknown(what, 'malformed', error.message)
  if (!(error instanceof HostReadError)) throw error
  const { code, message } = error
  if (code === 'ENOENT' || code === 'ENOTDIR') return unknown(what, 'no-bus', `there is no ${SOCKET}`)
  return unknown(what, code === 'EACCES' ? 'denied' : code === 'TIMEOUT' ? 'hung' : 'failed', message)
}

/** @param root "" for the machine's own, else without a slash at its end */
export function createSystemBus(root: string, files: Pick<Files, 'realPath'>, clock: Clock): SystemBus {
  return {
    async ask(what, { timeoutMs = DEFAULT_TIMEOUT_MS, signal, onSignal }, work) {
      signal?.throwIfAborted()
      const late = new AbortController()
      const ends = signal === undefined ? late.signal : AbortSignal.any([signal, late.signal])
      const end = (): void => late.abort(new BusLostError('hung', `no answer within ${timeoutMs} ms`))
      // What lies there unread when the time is up is read first.
      const callOff = patiently(clock, timeoutMs, () => setImmediate(end))
      try {
        // Connecting follows links in this thread, which nobody could take back: a mount that hangs there is found here.
        const found = await unlessAborted(files.realPath(SOCKET), ends)
        using bus = connectBus({ socketPath: root + found, signal: ends, ...(onSignal && { onSignal }) })
        return { kind: 'said', value: await work(bus) }
      } catch (error) {
        signal?.throwIfAborted()
        return reasonOf(what, error)
      } finally {
        callOff()
      }
    },
  }
}
