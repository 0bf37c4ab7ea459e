/** Units of the host's systemd, by its system bus. */
import { type Clock, patiently, unlessAborted } from '#clock'
import { HostReadError } from '../errors.ts'
import type { Files } from '../files/types.ts'
import { type BusAnswer, type BusConnection, connectBus } from './bus/connection.ts'
import { BusLostError, BusMalformedError } from './bus/errors.ts'
import type { BusValue } from './bus/read.ts'
import { SERVICE_PROPERTIES, serviceOf, unitOf } from './properties.ts'
import type { Unit, UnitLook, UnitOptions, Units, UnitUnknown } from './types.ts'
import { unitName, unitPath } from './unit-path.ts'

/** Where every system bus listens (D-Bus specification, "Well-known Message Bus Instances"). */
const SOCKET = '/run/dbus/system_bus_socket'
const SYSTEMD = 'org.freedesktop.systemd1'
const UNKNOWN_PROPERTY = 'org.freedesktop.DBus.Error.UnknownProperty'
const DEFAULT_TIMEOUT_MS = 5000
const MAX_TEXT = 200

/** systemd, or the bus in its place, answered that it does not. */
class UnitRefusedError extends Error {
  override readonly name = 'UnitRefusedError'
  readonly reason: UnitUnknown

  constructor(reason: UnitUnknown, message: string) {
    super(message)
    this.reason = reason
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

function unknown(name: string, reason: UnitUnknown, what: string): UnitLook {
  const words = what
    .replace(/\s+/g, ' ')
    .replace(/\p{Cc}/gu, '?')
    .slice(0, MAX_TEXT)
  return { kind: 'unknown', reason, message: `cannot ask systemd for ${name}: ${words}; ${ADVICE[reason]}` }
}

/** What was returned. @throws UnitRefusedError */
function returned(answer: BusAnswer): readonly BusValue[] {
  if (answer.kind === 'returned') return answer.values
  const reason = REASONS[answer.name.replace('org.freedesktop.DBus.Error.', '')] ?? 'refused'
  throw new UnitRefusedError(reason, `${answer.name}: ${answer.message}`)
}

/** systemd before 235 (Amazon Linux 2, CentOS 7) counts no restarts. */
function isUncounted(answer: BusAnswer, property: string | undefined): boolean {
  return property === 'NRestarts' && answer.kind === 'error' && answer.name === UNKNOWN_PROPERTY
}

/** All of a unit at once: the bus is woken once for it. */
async function askFor(bus: BusConnection, name: string): Promise<Unit> {
  const ask = (member: string, ...args: string[]): Promise<BusAnswer> =>
    bus.call({ destination: SYSTEMD, path: unitPath(name), interface: 'org.freedesktop.DBus.Properties', member, args })
  const [unit, ...service] = await Promise.all([
    ask('GetAll', `${SYSTEMD}.Unit`),
    ...(name.endsWith('.service') ? SERVICE_PROPERTIES.map((each) => ask('Get', `${SYSTEMD}.Service`, each)) : []),
  ])
  const properties = returned(unit)
  const values = service.map((each, at) => (isUncounted(each, SERVICE_PROPERTIES[at]) ? 0 : returned(each)[0]))
  return unitOf(properties, values.length === 0 ? undefined : serviceOf(values))
}

/** Why nothing is known, where that is no fault of this program. @throws what is one */
function reasonOf(error: unknown): readonly [UnitUnknown, string] {
  if (error instanceof UnitRefusedError) return [error.reason, error.message]
  if (error instanceof BusLostError) return [error.failure, `${SOCKET}: ${error.message}`]
  if (error instanceof BusMalformedError) return ['malformed', error.message]
  if (!(error instanceof HostReadError)) throw error
  const { code, message } = error
  if (code === 'ENOENT' || code === 'ENOTDIR') return ['no-bus', `there is no ${SOCKET}`]
  return [code === 'EACCES' ? 'denied' : code === 'TIMEOUT' ? 'hung' : 'failed', message]
}

/** @param root "" for the machine's own, else without a slash at its end */
export function createUnits(root: string, files: Pick<Files, 'realPath'>, clock: Clock): Units {
  async function answer(name: string, { timeoutMs = DEFAULT_TIMEOUT_MS, signal }: UnitOptions): Promise<UnitLook> {
    const late = new AbortController()
    const ends = signal === undefined ? late.signal : AbortSignal.any([signal, late.signal])
    const end = (): void => late.abort(new BusLostError('hung', `no answer within ${timeoutMs} ms`))
    // What lies there unread when the time is up is read first.
    const callOff = patiently(clock, timeoutMs, () => setImmediate(end))
    try {
      // Connecting follows links in this thread, which nobody could take back: a mount that hangs there is found here.
      const found = await unlessAborted(files.realPath(SOCKET), ends)
      using bus = connectBus({ socketPath: root + found, signal: ends })
      return { kind: 'known', unit: await askFor(bus, name) }
    } catch (error) {
      signal?.throwIfAborted()
      return unknown(name, ...reasonOf(error))
    } finally {
      callOff()
    }
  }

  return {
    async unit(name, options = {}) {
      options.signal?.throwIfAborted()
      const whole = unitName(name)
      if (whole === undefined)
        return unknown(JSON.stringify(name.slice(0, MAX_TEXT)), 'refused', 'no unit has such a name')
      return answer(whole, options)
    },
  }
}
