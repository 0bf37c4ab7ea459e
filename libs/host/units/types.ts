/** Units of the host's systemd, as they are now. */

/** A unit, in systemd's own words (org.freedesktop.systemd1(5), systemd.unit(5)). Words that a later systemd adds come as they are. */
export interface Unit {
  /** Its own name, where an alias was asked for. */
  readonly name: string
  /** "loaded", "not-found", "bad-setting", "error", "masked". What is not found or masked may be active all the same. */
  readonly loadState: string
  /** "active", "reloading", "inactive", "failed", "activating", "deactivating", "maintenance". */
  readonly activeState: string
  /** Of the unit's type: of a service "running", "exited", "dead", "failed", "auto-restart", "start-pre" … */
  readonly subState: string
  /** When it was last started, by the wall clock of then, whether it is active now or not; undefined: never in this boot. */
  readonly activeEnteredAt: Date | undefined
  /** "enabled", "disabled", "static", "masked", "generated" …; "" where there is no file. */
  readonly fileState: string
  /** undefined where it is no service. */
  readonly service: UnitService | undefined
}

/** What a service alone has. */
export interface UnitService {
  /** Why it was last not active: "success", "exit-code", "signal", "core-dump", "watchdog", "timeout", "oom-kill", "start-limit-hit" … */
  readonly result: string
  /** undefined: there is none now. */
  readonly mainPid: number | undefined
  /** How often systemd started it again by itself, since it was last started or reset by somebody; 0 of a systemd before 235, which does not count. */
  readonly restarts: number
  /** The code or signal that its main process last ended with; 0 before it has. */
  readonly exitStatus: number
}

/**
 * Why nothing is known of a unit; none of it says that the unit is not active:
 * - `no-bus`: no socket of a system bus below the root, or nobody listens at it
 * - `no-systemd`: a bus, and no systemd on it
 * - `denied`: this user may not ask the bus, or systemd
 * - `hung`: the bus, or systemd behind it, did not answer in time
 * - `closed`: the bus ended the connection before it had answered; dbus-daemon, to a user whom its machine's /etc/passwd does not name
 * - `malformed`: what came is no D-Bus, or not what systemd says
 * - `refused`: systemd said that it cannot tell (a name that is none, a unit that it may not load)
 * - `failed`: the socket could not be reached in another way
 */
export type UnitUnknown = 'no-bus' | 'no-systemd' | 'denied' | 'hung' | 'closed' | 'malformed' | 'refused' | 'failed'

/** What came of asking for a unit. */
export type UnitLook =
  | { readonly kind: 'known'; readonly unit: Unit }
  /** `message`: what was tried, what happened and what to do, for people. */
  | { readonly kind: 'unknown'; readonly reason: UnitUnknown; readonly message: string }

/** How a unit is asked for. */
export interface UnitOptions {
  /** In which this process had a processor. Default 5 s. */
  readonly timeoutMs?: number
  /** Ends the question: it rejects with the signal's reason. */
  readonly signal?: AbortSignal
}

/** The host's units. */
export interface Units {
  /**
   * Asks systemd for a unit, over a connection of its own that is closed with the answer. It never throws for what systemd or the
   * bus do. systemd loads the unit's file for that, where it had no need of it before, and starts nothing.
   * @param name "kubelet.service"; without a type it is a service, as for systemctl
   */
  unit(name: string, options?: UnitOptions): Promise<UnitLook>
}
