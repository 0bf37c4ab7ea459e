/** The machine's own end, by logind: so that whoever delays a shutdown, as the kubelet does, has its time. */
import { BusMalformedError } from '../units/bus/errors.ts'
import type { BusValue } from '../units/bus/read.ts'
import { type BusSaid, returned, type SystemBus } from '../units/system-bus.ts'
import type { UnitOptions } from '../units/types.ts'

/** What holds up or delays something (systemd-inhibit(1)). */
export interface Inhibitor {
  /** "shutdown", "sleep", several with ":" between. */
  readonly what: string
  readonly who: string
  readonly why: string
  /** "block", "delay", "block-weak". */
  readonly mode: string
}

/** The logind of the host. Every call has a deadline (default 5 s) and never throws for what logind does. */
export interface Logind {
  inhibitors(options?: UnitOptions): Promise<BusSaid<readonly Inhibitor[]>>
  /** "yes", or why not, in logind's own words: "na", "no", "challenge". */
  canReboot(options?: UnitOptions): Promise<BusSaid<string>>
  /** Asks for a reboot: it has begun, or is delayed, when this resolves. */
  reboot(options?: UnitOptions): Promise<BusSaid<void>>
}

const LOGIND = {
  destination: 'org.freedesktop.login1',
  path: '/org/freedesktop/login1',
  interface: 'org.freedesktop.login1.Manager',
} as const

/** Type a(ssssuu). @throws BusMalformedError */
function inhibitorsOf([list]: readonly BusValue[]): readonly Inhibitor[] {
  if (!Array.isArray(list)) throw new BusMalformedError('logind names no inhibitors')
  return (list as readonly BusValue[]).map((each) => {
    const [what, who, why, mode] = Array.isArray(each) ? (each as readonly BusValue[]) : []
    return { what: String(what), who: String(who), why: String(why), mode: String(mode) }
  })
}

/** @param systemBus of the machine */
export function createLogind(systemBus: SystemBus): Logind {
  return {
    inhibitors: (options = {}) =>
      systemBus.ask('ask logind what blocks a shutdown', options, async (bus) =>
        inhibitorsOf(returned(await bus.call({ ...LOGIND, member: 'ListInhibitors' }))),
      ),
    canReboot: (options = {}) =>
      systemBus.ask('ask logind for a reboot', options, async (bus) =>
        String(returned(await bus.call({ ...LOGIND, member: 'CanReboot' }))[0]),
      ),
    reboot: (options = {}) =>
      systemBus.ask('reboot by logind', options, async (bus) => {
        // false: nobody is asked for a password.
        returned(await bus.call({ ...LOGIND, member: 'Reboot', body: { signature: 'b', values: [false] } }))
      }),
  }
}
